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
  useEffect(() => {
    const follow = (): void => {
      setTheme(current())
    }
    system.addEventListener('change', follow)
    return () => {
      system.removeEventListener('change', follow)
    }
  }, [])
  useEffect(() => {
    show(theme)
  }, [theme])
  const toggle = (): void => {
    setTheme((before) => {
      const next = before === 'dark' ? 'light' : 'dark'
      localStorage.setItem(KEY, next)
      return next
    })
  }
  return [theme, toggle]
}
