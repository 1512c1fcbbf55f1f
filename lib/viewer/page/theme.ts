/**
 * Dark or light: as the system says, or as the person has said here.
 *
 * @module
 */
import { useEffect, useState } from 'preact/hooks'
import type { Theme } from './colours.js'

const KEY = 'ndcheckpoint-theme'
const system = matchMedia('(prefers-color-scheme: dark)')

function chosen(): Theme | undefined {
  const theme = localStorage.getItem(KEY)
  return theme === 'dark' || theme === 'light' ? theme : undefined
}

const current = (): Theme => chosen() ?? (system.matches ? 'dark' : 'light')

function show(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
}

// Before anything is drawn.
show(current())

export function useTheme(): readonly [Theme, toggle: () => void] {
  const [theme, setTheme] = useState(current)
  // Shown before the components hear of it: charts ask the page for its colours.
  const change = (next: Theme): void => {
    show(next)
    setTheme(next)
  }
  useEffect(() => {
    const follow = (): void => {
      change(current())
    }
    system.addEventListener('change', follow)
    return () => {
      system.removeEventListener('change', follow)
    }
  }, [])
  const toggle = (): void => {
    const next = theme === 'dark' ? 'light' : 'dark'
    localStorage.setItem(KEY, next)
    change(next)
  }
  return [theme, toggle]
}
