/**
 * `view`: a page on which to look at a checkpoint, or at a run.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startViewer, type Viewer } from '../../viewer/server.js'
import { GOOD, type Call } from '../spec.js'
import { pathText } from '../text.js'

interface Options {
  readonly port?: number
  readonly open?: boolean
}

export async function run({ terminal, args, options }: Call): Promise<number> {
  const [path = ''] = args
  const { port, open = false } = options as Options
  const viewer = await start(path, port)
  const { url } = viewer
  if (terminal.json) terminal.printJson({ url, path: viewer.path })
  else {
    terminal.print(`${pathText(viewer.path)} is shown at`)
    terminal.print(terminal.style('cyan', url))
    terminal.note(
      'Ctrl-C ends it. Who has the address can read the checkpoints, from this machine.',
    )
  }
  const opened = open ? openBrowser(url) : undefined
  await interrupted()
  opened?.()
  await viewer.close()
  return GOOD
}

async function start(path: string, port: number | undefined): Promise<Viewer> {
  try {
    return await startViewer(path, port === undefined ? {} : { port })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    throw new Error(`port ${String(port)} is in use; without --port a free one is taken`)
  }
}

/**
 * By the system's own command; where there is none the address is printed all the same. Everybody on
 * the machine can read the arguments of a command: it gets a file of this user's that leads there.
 *
 * @returns removes that file
 */
function openBrowser(url: string): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'ndcheckpoint-view-'))
  const file = join(directory, 'open.html')
  const page = `<!doctype html><meta http-equiv="refresh" content="0;url=${url}">\n`
  writeFileSync(file, page, { mode: 0o600 })
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open'
  spawn(command, [file], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref()
  return () => {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Until the person has had enough, or the shell has. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        resolve()
      })
    }
  })
}
