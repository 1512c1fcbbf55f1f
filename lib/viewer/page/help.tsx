/**
 * The keys, in a dialog.
 *
 * @module
 */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'filter the tensors'],
  ['↑ ↓ ← →  Enter', 'in the tree: move, open, close, show'],
  ['[  ]', 'the checkpoint before, the one after'],
  ['o', 'overview of the checkpoint'],
  ['r', 'the run'],
  ['t', 'dark or light'],
  ['?', 'this list'],
]

export interface HelpProps {
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function Help({ isOpen, onClose }: HelpProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  return (
    <dialog ref={dialog} onClose={onClose} aria-label="Keys">
      <h2>Keys</h2>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  )
}
