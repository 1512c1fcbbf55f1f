/**
 * The page: what is always there, and the view of the address.
 *
 * @module
 */
import type { JSX } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Catalog, Contents } from '../wire.js'
import { ask, toAskError, type AskError } from './ask.js'
import type { Theme } from './colours.js'
import { Help } from './help.js'
import { Overview } from './overview.js'
import { FailureText } from './panel.js'
import { hashBelow, hashOf, routeOf, type Route } from './route.js'
import { RunView } from './run.js'
import { TensorView } from './tensor.js'
import { useTheme } from './theme.js'
import { TreeView } from './tree-view.js'
import { useAnswer } from './use-answer.js'
import { stampOf } from './stamp.js'
import { useKeys } from './use-keys.js'

/** Milliseconds: a run goes on while it is looked at. */
const LOOK_EVERY = 5000

function useHash(): readonly [string, (hash: string, replaces?: boolean) => void] {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const follow = (): void => {
      setHash(location.hash)
    }
    addEventListener('hashchange', follow)
    return () => {
      removeEventListener('hashchange', follow)
    }
  }, [])
  const go = useCallback((next: string, replaces = false): void => {
    if (!replaces) {
      location.hash = next
      return
    }
    setHash(next)
    try {
      history.replaceState(null, '', next)
    } catch {
      // Browsers refuse too many in a while; the next one is as good.
    }
  }, [])
  return [hash, go]
}

/** A text that changes with the files; undefined until it is known. */
function useVersion(): readonly [version: string | undefined, failure: AskError | undefined] {
  const [version, setVersion] = useState<string>()
  const [failure, setFailure] = useState<AskError>()
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === 'hidden') return
      void ask('version', {}).then(setVersion, (error: unknown) => {
        setFailure(toAskError(error))
      })
    }
    look()
    const timer = setInterval(look, LOOK_EVERY)
    return () => {
      clearInterval(timer)
    }
  }, [])
  // Once something is shown, a server that is gone is told of by the next question that matters.
  return [version, version === undefined ? failure : undefined]
}

export function App(): JSX.Element {
  const [hash, go] = useHash()
  const [theme, toggleTheme] = useTheme()
  const [version, lost] = useVersion()
  const catalog = useAnswer('catalog', version === undefined ? undefined : {}, {
    version: version ?? '',
    keeps: true,
  })
  const [isHelp, setHelp] = useState(false)
  const [isMenu, setMenu] = useState(false)
  const known = catalog.answer
  const route = known === undefined ? undefined : routeOf(hash, firstOf(known))
  const checkpoint = route === undefined ? undefined : (checkpointOf(route) ?? newestOf(known))
  const contents = useAnswer('contents', checkpoint === undefined ? undefined : { checkpoint }, {
    version: stampOf(known, checkpoint),
    keeps: true,
  })
  const onFilter = (): void => {
    const focus = (): void => document.getElementById('filter')?.focus()
    focus()
    // On a narrow screen it is there with the next frame.
    setMenu(true)
    requestAnimationFrame(focus)
  }
  useKeys({
    catalog: known,
    route,
    go,
    toggleTheme,
    onFilter,
    onHelp: () => setHelp((open) => !open),
  })
  useEffect(() => {
    document.querySelector('main')?.scrollTo(0, 0)
  }, [route?.view, checkpoint, route?.view === 'tensor' ? route.tensor : ''])
  return (
    <>
      <Bar
        {...{ catalog: known, route, checkpoint, theme, toggleTheme, go }}
        onHelp={() => setHelp(true)}
        onMenu={() => setMenu((open) => !open)}
      />
      <div class={isMenu ? 'body menu' : 'body'}>
        <aside>
          {contents.answer !== undefined && checkpoint !== undefined && (
            <TreeView
              checkpoint={checkpoint}
              tensors={contents.answer.tensors}
              current={currentOf(route)}
              onPicked={() => setMenu(false)}
            />
          )}
        </aside>
        <main tabIndex={-1} class={catalog.isWaiting || contents.isWaiting ? 'waiting' : ''}>
          {lost !== undefined && <FailureText failure={lost} />}
          {catalog.failure !== undefined && <FailureText failure={catalog.failure} />}
          {contents.failure !== undefined && <FailureText failure={contents.failure} />}
          {known !== undefined && route !== undefined && (
            <View {...{ catalog: known, contents: contents.answer, route, theme, go }} />
          )}
        </main>
      </div>
      <Help isOpen={isHelp} onClose={() => setHelp(false)} />
    </>
  )
}

const firstOf = ({ kind, checkpoints }: Catalog): string | undefined =>
  kind === 'single' ? checkpoints[0]?.id : undefined

const newestOf = (catalog: Catalog | undefined): string | undefined =>
  catalog?.checkpoints.findLast(({ problem }) => problem === undefined)?.id

const checkpointOf = (route: Route): string | undefined =>
  route.view === 'run' ? undefined : route.checkpoint

function currentOf(route: Route | undefined): string {
  if (route?.view === 'tensor') return route.tensor
  return route?.view === 'checkpoint' ? route.below : ''
}

interface ViewProps {
  readonly catalog: Catalog
  readonly contents: Contents | undefined
  readonly route: Route
  readonly theme: Theme
  readonly go: (hash: string, replaces?: boolean) => void
}

function View({ catalog, contents, route, theme, go }: ViewProps): JSX.Element | null {
  if (route.view === 'run') return <RunView {...{ catalog, contents, route, theme, go }} />
  if (contents === undefined) return null
  if (route.view === 'tensor') return <TensorView {...{ catalog, contents, route, theme, go }} />
  const item = catalog.checkpoints.find(({ id }) => id === route.checkpoint)
  return <Overview {...{ catalog, contents, route, item }} />
}

interface BarProps {
  readonly catalog: Catalog | undefined
  readonly route: Route | undefined
  readonly checkpoint: string | undefined
  readonly theme: Theme
  readonly toggleTheme: () => void
  readonly go: (hash: string) => void
  readonly onHelp: () => void
  readonly onMenu: () => void
}

function Bar({
  catalog,
  route,
  checkpoint,
  theme,
  toggleTheme,
  go,
  onHelp,
  onMenu,
}: BarProps): JSX.Element {
  const isRun = catalog?.kind === 'run'
  const choose = (id: string): void => {
    if (route?.view === 'tensor') go(hashOf({ ...route, checkpoint: id }))
    else go(hashBelow(id, route?.view === 'checkpoint' ? route.below : ''))
  }
  return (
    <header class="bar">
      <button type="button" class="icon only-narrow" aria-label="Tensors" onClick={onMenu}>
        ☰
      </button>
      <img src="icon.svg" alt="" width={22} height={22} />
      <strong>ndcheckpoint</strong>
      {isRun && (
        <a href="#/" class={route?.view === 'run' ? 'current' : ''}>
          {catalog.path.split('/').at(-1)}
        </a>
      )}
      {isRun && (
        <label>
          <span class="hidden">Checkpoint</span>
          <select
            id="checkpoint"
            value={route?.view === 'run' ? '' : (checkpoint ?? '')}
            onChange={(event) => {
              choose(event.currentTarget.value)
            }}
          >
            {route?.view === 'run' && <option value="">checkpoint …</option>}
            {catalog.checkpoints.toReversed().map(({ id, problem }) => (
              <option key={id} value={id}>
                {problem === undefined ? id : `${id} ✗`}
              </option>
            ))}
          </select>
        </label>
      )}
      {!isRun && checkpoint !== undefined && <a href="#/">{checkpoint}</a>}
      <span class="space" />
      <button
        type="button"
        class="icon"
        aria-label={theme === 'dark' ? 'light theme' : 'dark theme'}
        title="t"
        onClick={toggleTheme}
      >
        {theme === 'dark' ? '☀' : '☾'}
      </button>
      <button type="button" class="icon" aria-label="keys" title="?" onClick={onHelp}>
        ?
      </button>
    </header>
  )
}
