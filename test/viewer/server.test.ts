// The server: who is served, what is served, and that it stays quick while much is read.
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Checkpoint, ndarray, VariableState } from '../../lib/index.js'
import { startViewer, type Viewer } from '../../lib/viewer/server.js'
import type { Line } from '../../lib/viewer/wire.js'
import { makeViewedRun } from './run'

async function start(t: Test, path: string): Promise<Viewer> {
  const viewer = await startViewer(path)
  t.teardown(() => viewer.close())
  return viewer
}

interface Got {
  readonly status: number | undefined
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

/** Not by `fetch`, which cleans what it asks for. */
function get(
  url: string,
  path: string,
  options: { host?: string; method?: string } = {},
): Promise<Got> {
  const { hostname, port } = new URL(url)
  const { host, method = 'GET' } = options
  const headers = host === undefined ? {} : { host }
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const { statusCode: status, headers } = response
        resolve({ status, headers, body: Buffer.concat(parts).toString() })
      })
    })
      .on('error', reject)
      .end()
  })
}

const asked = (url: string, name: string, ask: unknown): string =>
  `${new URL(url).pathname}ask/${name}?${encodeURIComponent(JSON.stringify(ask))}`

async function answer(url: string, name: string, ask: unknown = {}): Promise<Line> {
  const { body } = await get(url, asked(url, name, ask))
  return JSON.parse(body.trim().split('\n').at(-1) ?? '') as Line
}

t.test('only who has the address is served', async (t) => {
  const { url } = await start(t, await makeViewedRun(t.testdir()))
  const { pathname, host, hostname, port } = new URL(url)
  t.equal(hostname, '127.0.0.1')
  t.match(pathname, /^\/[\w-]{24}\/$/)
  const other = pathname.slice(0, -2) + (pathname.at(-2) === 'A' ? 'B' : 'A') + '/'
  for (const path of [
    '/',
    '//',
    '/index.html',
    other,
    '/x/',
    '/x/style.css',
    pathname.slice(0, -1),
  ]) {
    const { status, body } = await get(url, path)
    t.strictSame([status, body], [404, 'not found\n'], path)
  }
  t.equal((await get(url, pathname)).status, 200)
  t.equal((await get(url, pathname, { host: `localhost:${port}` })).status, 200)
  for (const name of ['evil.example', `evil.example:${port}`, hostname]) {
    t.equal((await get(url, pathname, { host: name })).status, 404, `a page of ${name}`)
  }
  t.equal((await get(url, pathname, { host, method: 'POST' })).status, 405)
  const second = await start(t, join(t.testdirName, 'run'))
  t.not(new URL(second.url).pathname, pathname, 'another token each time')
})

t.test('the document lets nothing in or out', async (t) => {
  const { url } = await start(t, await makeViewedRun(t.testdir()))
  const { headers, body } = await get(url, new URL(url).pathname)
  const policy = String(headers['content-security-policy'])
  t.match(policy, /default-src 'none'/)
  t.match(policy, /frame-ancestors 'none'/)
  t.notMatch(policy, /unsafe|\*|https?:/)
  const nonce = /nonce-([^']+)'/.exec(policy)?.[1] ?? ''
  t.ok(body.includes(`nonce="${nonce}"`))
  t.match(headers, { 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' })
  t.notMatch(body, /https?:/, 'nothing is loaded from elsewhere')
  const again = await get(url, new URL(url).pathname)
  t.notOk(again.body.includes(nonce), 'a nonce is used once')
})

t.test('files of the page, and no others', async (t) => {
  const { url } = await start(t, await makeViewedRun(t.testdir()))
  const { pathname } = new URL(url)
  const { body } = await get(url, pathname)
  const map = /<script type="importmap"[^>]*>(.*?)<\/script>/.exec(body)?.[1] ?? ''
  const { imports } = JSON.parse(map) as { imports: Record<string, string> }
  const paths = [...Object.values(imports), 'main.js', 'style.css', 'icon.svg']
  const linked = Array.from(body.matchAll(/(?:href|src)="([^"]+)"/g), ([, path]) => path ?? '')
  for (const path of [...paths, ...linked]) {
    const { status, headers } = await get(url, pathname + path.replace('./', ''))
    t.equal(status, 200, path)
    t.match(headers['content-type'], /^(text\/(javascript|css)|image\/svg)/)
  }
  const outside = [
    ...['../server.js', '..%2fserver.js', './../server.js', 'modules/../server.js', 'package.json'],
    ...['modules/typescript/lib/typescript.js', 'modules/preact/../../package.json', 'modules/'],
    ...[
      'page.js',
      'modules/preact/package.json',
      '.git/config',
      'main.ts',
      'main.js/',
      'main.js%00',
    ],
  ]
  for (const path of outside) t.equal((await get(url, pathname + path)).status, 404, path)
})

t.test('answers, and failures by their codes', async (t) => {
  const run = await makeViewedRun(t.testdir())
  const { url, path } = await start(t, run)
  t.equal(path, run)
  t.match(await answer(url, 'catalog'), { answer: { kind: 'run', path: run } })
  t.match(await answer(url, 'contents', { checkpoint: 'ckpt-9' }), {
    failure: { code: 'CKPT_NOT_FOUND', message: /ckpt-9/ },
  })
  const kernel = { checkpoint: 'ckpt-1', key: 'model/dense/kernel/.ATTRIBUTES/VARIABLE_VALUE' }
  t.match(await answer(url, 'statistics', kernel), { answer: { count: 48 } })
  t.match(await answer(url, 'slice', kernel), { failure: { code: 'ERROR', message: /cells/ } })
  const { pathname } = new URL(url)
  for (const bad of [
    'ask/nothing?{}',
    'ask/toString?{}',
    'ask/catalog?[',
    'ask/catalog?%',
    'ask/',
  ]) {
    t.equal((await get(url, pathname + bad)).status, 400, bad)
  }
  t.equal((await get(url, `${pathname}ask/catalog?null`)).status, 400)
  await t.rejects(startViewer(join(run, 'nothing')), { code: 'CKPT_NOT_FOUND' })
  await t.rejects(startViewer(run, { port: Number(new URL(url).port) }), { code: 'EADDRINUSE' })
})

const READINGS = 12

t.test('a picture does not wait for what reads much, and what nobody waits for ends', async (t) => {
  const directory = t.testdir()
  const arrays = new VariableState()
  arrays['large'] = ndarray(new Float32Array(2 ** 26), [2 ** 13, 2 ** 13])
  new Checkpoint({ arrays }).writeSync(join(directory, 'ckpt'))
  const { url } = await start(t, join(directory, 'ckpt'))
  const large = { checkpoint: 'ckpt', key: 'arrays/large/.ATTRIBUTES/VARIABLE_VALUE' }
  // Many seconds of reading, one after the other by one thread.
  const controller = new AbortController()
  const { signal } = controller
  const href = new URL(asked(url, 'statistics', large), url)
  const lines: string[] = []
  const reading = Array.from({ length: READINGS }, async () => {
    const response = await fetch(href, { signal })
    for await (const part of response.body ?? []) lines.push(Buffer.from(part).toString())
  })
  const ended = Promise.allSettled(reading)
  while (lines.length === 0) await setTimeout(5)
  const ask = { ...large, row: 0, column: 1, index: [], cells: 64, rows: [0, 64], columns: [0, 64] }
  t.match(await answer(url, 'slice', ask), { answer: { how: 'exact', min: 0, max: 0 } })
  controller.abort()
  const dropped = (await ended).filter(({ status }) => status === 'rejected').length
  t.ok(dropped > 0, `the slice came before ${dropped} of ${READINGS} were read`)
  // The thread that reads takes the next question only when it has given up those before.
  t.match(await answer(url, 'verify', { checkpoint: 'ckpt' }), { answer: { ok: true } })
  for (const line of lines.join('').split('\n').filter(Boolean)) {
    t.match(
      JSON.parse(line),
      /progress/.test(line) ? { progress: { total: 2 ** 29 } } : { answer: { nan: 0 } },
    )
  }
})
