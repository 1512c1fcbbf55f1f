import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { cli } from './program'
import { makeRun } from './runs'

const MAIN = join(__dirname, '../../lib/cli/main.js')

/** Starts the command, reads what it prints until the page is up, and ends it by a signal. */
async function view(
  args: readonly string[],
  signal: NodeJS.Signals,
): Promise<{ stdout: string; status: number | null; served: number }> {
  const child = spawn(process.execPath, [MAIN, 'view', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let stdout = ''
  let served = 0
  for await (const part of child.stdout) {
    stdout += String(part)
    const url = /http:\S+\//.exec(stdout)?.[0]
    if (url === undefined || served > 0) continue
    served = (await fetch(url)).status
    child.kill(signal)
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return { stdout, status: child.exitCode, served }
}

t.test('it serves a page until it is interrupted', async (t) => {
  const run = await makeRun(t.testdir(), 2)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { stdout, status, served } = await view([run], signal)
    t.match(stdout, /run is shown at\nhttp:\/\/127\.0\.0\.1:\d+\/[\w-]{24}\/\n/)
    t.strictSame([served, status], [200, 0], signal)
  }
  const { stdout } = await view([join(run, 'ckpt-1.index'), '--json'], 'SIGTERM')
  t.match(JSON.parse(stdout), { path: join(run, 'ckpt-1'), url: /^http:\/\/127\.0\.0\.1/ })
})

t.test('misuse', async (t) => {
  const run = await makeRun(t.testdir(), 1)
  const failures: [string[], RegExp][] = [
    [['view', join(run, 'nothing')], /no checkpoint .*\[CKPT_NOT_FOUND\]/],
    [['view', run, '--port', '70000'], /--port takes a port, from 0 to 65535, got '70000'/],
    [['view'], /missing required argument 'path'/],
  ]
  for (const [args, message] of failures) {
    const { status, stderr, stdout } = await cli(args)
    t.strictSame([status, stdout], [2, ''])
    t.match(stderr, message)
  }
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  const { status, stderr } = await cli(['view', run, '--port', String(taken)])
  t.equal(status, 2)
  t.match(stderr, /port \d+ is in use; without --port a free one is taken/)
})
