/**
 * Keys that work wherever the focus is, but in what takes text.
 *
 * @module
 */
import { useEffect } from 'preact/hooks'
import type { Catalog } from '../wire.js'
import { hashBelow, hashOf, type Route } from './route.js'

export interface KeyTargets {
  readonly catalog: Catalog | undefined
  readonly route: Route | undefined
  readonly go: (hash: string) => void
  readonly toggleTheme: () => void
  readonly onHelp: () => void
  readonly onFilter: () => void
}

const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)

export function useKeys(targets: KeyTargets): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const { target } = event
      if (takesText(target)) {
        if (event.key === 'Escape') (target as HTMLElement).blur()
        return
      }
      if (act(event.key, targets)) event.preventDefault()
    }
    addEventListener('keydown', onKeyDown)
    return () => {
      removeEventListener('keydown', onKeyDown)
    }
  })
}

function act(
  key: string,
  { catalog, route, go, toggleTheme, onHelp, onFilter }: KeyTargets,
): boolean {
  switch (key) {
    case '/':
      onFilter()
      return true
    case '[':
    case ']':
      go(beside(catalog, route, key === ']' ? 1 : -1) ?? location.hash)
      return true
    case 'o':
      if (route !== undefined && route.view !== 'run') {
        go(hashBelow(route.checkpoint))
      }
      return true
    case 'r':
      go('#/')
      return true
    case 't':
      toggleTheme()
      return true
    case '?':
      onHelp()
      return true
    default:
      return false
  }
}

/** The same view of another checkpoint. */
function beside(
  catalog: Catalog | undefined,
  route: Route | undefined,
  by: number,
): string | undefined {
  if (catalog === undefined || route === undefined) return undefined
  const ids = catalog.checkpoints.map(({ id }) => id)
  if (route.view === 'run') {
    const newest = ids.at(-1)
    return newest === undefined ? undefined : hashBelow(newest)
  }
  const checkpoint = ids[ids.indexOf(route.checkpoint) + by]
  return checkpoint === undefined ? undefined : hashOf({ ...route, checkpoint })
}
