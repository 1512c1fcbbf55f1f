/**
 * The tree of tensors beside the view. However many there are, only the rows in sight are made.
 *
 * @module
 */
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TensorItem } from '../wire.js'
import { bytesText, plural, shapeText } from './format.js'
import { hashBelow, hashOf } from './route.js'
import { matching, rowsOf, treeOf, type Branch } from './tree.js'

/** Pixels of a row, as in style.css. */
const ROW = 28
/** Rows that are made beyond those in sight. */
const MARGIN = 10
/** So many rows are open from the start. */
const OPEN_ROWS = 30

export interface TreeViewProps {
  readonly checkpoint: string
  readonly tensors: readonly TensorItem[]
  /** Path of what the view shows. */
  readonly current: string
  readonly onPicked: () => void
}

export function TreeView({ checkpoint, tensors, current, onPicked }: TreeViewProps): JSX.Element {
  const [query, setQuery] = useState('')
  const found = useMemo(() => matching(tensors, query), [tensors, query])
  const root = useMemo(() => treeOf(found), [found])
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map())
  const first = useMemo(() => openAtFirst(root), [root])
  const isOpen = (path: string): boolean =>
    // All that is found is shown, whatever was closed before.
    query !== '' || (toggled.get(path) ?? (first.has(path) || current.startsWith(`${path}/`)))
  const rows = rowsOf(root, isOpen)
  const toggle = (path: string, open: boolean): void => {
    setToggled((before) => new Map(before).set(path, open))
  }
  return (
    <nav class="tree" aria-label="Tensors">
      <label class="search">
        <span class="hidden">Filter tensors</span>
        <input
          id="filter"
          type="search"
          placeholder="Filter tensors   /"
          value={query}
          onInput={(event) => {
            setQuery(event.currentTarget.value)
          }}
        />
      </label>
      <Rows {...{ rows, checkpoint, current, isOpen, toggle, onPicked }} total={root.bytes} />
      <footer>
        {plural(found.length, 'tensor')}, {bytesText(root.bytes)}
      </footer>
    </nav>
  )
}

/** The upper levels, while there is room. */
function openAtFirst(root: Branch): ReadonlySet<string> {
  const open = new Set<string>()
  let level = [root]
  let count = root.children.length
  while (level.length > 0) {
    const next = level
      .flatMap(({ children }) => children)
      .filter(({ children }) => children.length > 0)
    const more = next.reduce((sum, { children }) => sum + children.length, 0)
    if (count + more > OPEN_ROWS) break
    for (const { path } of next) open.add(path)
    count += more
    level = next
  }
  return open
}

interface RowsProps {
  readonly rows: readonly Branch[]
  readonly total: number
  readonly checkpoint: string
  readonly current: string
  readonly isOpen: (path: string) => boolean
  readonly toggle: (path: string, open: boolean) => void
  readonly onPicked: () => void
}

function Rows(props: RowsProps): JSX.Element {
  const { rows, current, isOpen, toggle } = props
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800 })
  const [wanted, setFocused] = useState(0)
  const focused = Math.max(0, Math.min(wanted, rows.length - 1))
  const measure = (): void => {
    const element = box.current
    if (element !== null) setView({ top: element.scrollTop, height: element.clientHeight })
  }
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    // Also when the menu of a narrow screen is opened.
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  }, [])
  useEffect(() => {
    const at = rows.findIndex(({ path }) => path === current)
    if (at < 0) return
    setFocused(at)
    reveal(box.current, at)
  }, [current])
  const move = (to: number): void => {
    const at = Math.max(0, Math.min(rows.length - 1, to))
    setFocused(at)
    reveal(box.current, at)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[focused]
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    const page = Math.max(1, Math.floor(view.height / ROW) - 1)
    const parent = rows.findLastIndex(({ depth }, i) => i < focused && depth < row.depth)
    const actions: Record<string, () => void> = {
      ArrowDown: () => move(focused + 1),
      ArrowUp: () => move(focused - 1),
      PageDown: () => move(focused + page),
      PageUp: () => move(focused - page),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      ArrowRight: () =>
        isOpen(row.path) || row.children.length === 0 ? move(focused + 1) : toggle(row.path, true),
      ArrowLeft: () =>
        isOpen(row.path) && row.children.length > 0 ? toggle(row.path, false) : move(parent),
      Enter: () => box.current?.querySelector<HTMLElement>('[data-focused] a')?.click(),
    }
    const action = actions[event.key]
    if (action === undefined) return
    event.preventDefault()
    action()
  }
  const from = Math.max(0, Math.floor(view.top / ROW) - MARGIN)
  const to = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW) + MARGIN)
  return (
    <div
      id="tree"
      class="rows"
      role="tree"
      tabIndex={0}
      aria-label="Tensors by object"
      aria-activedescendant={`row-${String(focused)}`}
      ref={box}
      onScroll={measure}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: `${String(rows.length * ROW)}px` }}>
        {rows.slice(from, to).map((row, i) => (
          <Row key={row.path} {...props} row={row} at={from + i} isFocused={from + i === focused} />
        ))}
      </div>
    </div>
  )
}

function reveal(box: HTMLElement | null, at: number): void {
  if (box === null) return
  const top = at * ROW
  if (top < box.scrollTop) box.scrollTop = top
  else if (top + ROW > box.scrollTop + box.clientHeight) {
    box.scrollTop = top + ROW - box.clientHeight
  }
}

interface RowProps extends RowsProps {
  readonly row: Branch
  readonly at: number
  readonly isFocused: boolean
}

function Row({
  row,
  at,
  isFocused,
  total,
  checkpoint,
  current,
  isOpen,
  toggle,
  onPicked,
}: RowProps): JSX.Element {
  const { path, label, depth, children, bytes, tensor } = row
  const open = isOpen(path)
  const isBranch = children.length > 0
  const href =
    tensor === undefined
      ? hashBelow(checkpoint, path)
      : hashOf({ view: 'tensor', checkpoint, tensor: tensor.name, slice: {} })
  const part = total === 0 ? 0 : bytes / total
  return (
    <div
      id={`row-${String(at)}`}
      class={path === current ? 'row current' : 'row'}
      role="treeitem"
      aria-level={depth}
      aria-selected={path === current}
      {...(isBranch && { 'aria-expanded': open })}
      {...(isFocused && { 'data-focused': '' })}
      style={{
        top: `${String(at * ROW)}px`,
        paddingLeft: `${String(4 + 14 * Math.min(depth - 1, 12))}px`,
      }}
    >
      <button
        type="button"
        class={isBranch ? 'twist' : 'twist leaf'}
        tabIndex={-1}
        aria-label={open ? 'close' : 'open'}
        onClick={() => {
          toggle(path, !open)
        }}
      >
        {isBranch ? (open ? '▾' : '▸') : ''}
      </button>
      <a href={href} tabIndex={-1} title={titleOf(row)} onClick={onPicked}>
        {label}
      </a>
      <span class="share" aria-hidden="true">
        <span style={{ width: `${String(Math.max(2, 100 * part))}%` }} />
      </span>
      <span class="size">{bytesText(bytes)}</span>
    </div>
  )
}

function titleOf({ path, tensor, tensors }: Branch): string {
  if (tensor === undefined) return `${path}: ${plural(tensors, 'tensor')}`
  return `${path}: ${tensor.dtype} ${shapeText(tensor.shape)}`
}
