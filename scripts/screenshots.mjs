// Pictures of the viewer for the documentation: trains the demo's network, looks at its run in Chromium.
//
//   node scripts/screenshots.mjs
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('..', import.meta.url))
const { startViewer } = createRequire(import.meta.url)('../lib/viewer/server.js')

const NEWEST = 'ckpt-20'
const TENSOR = `#/${NEWEST}/at/model/w0?row=1&column=0`
const PICTURES = [
  { name: 'viewer-run', hash: '#/?tensor=model/w1', height: 1000, from: '.choice' },
  { name: 'viewer-checkpoint', hash: `#/${NEWEST}`, height: 900 },
  { name: 'viewer-tensor', hash: TENSOR, height: 1000 },
]

const directory = mkdtempSync(join(tmpdir(), 'ndcheckpoint-'))
try {
  const run = join(directory, 'mnist')
  const args = ['examples/mnist/train.js', '--dir', run, '--steps', '1000', '--save-every', '50']
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'ignore' })
  if (status !== 0) throw new Error(`the training ended with ${status}`)
  await take(run)
} finally {
  rmSync(directory, { recursive: true })
}

async function take(run) {
  const target = join(root, 'docs/images')
  mkdirSync(target, { recursive: true })
  const viewer = await startViewer(run)
  const executablePath = process.env.CKPT_CHROMIUM ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  for (const { name, hash, height, from } of PICTURES) {
    const viewport = { width: 1280, height }
    const page = await browser.newPage({ viewport, reducedMotion: 'reduce' })
    await page.goto(`${viewer.url}${hash}`)
    await page.waitForSelector('main h1')
    await page.waitForTimeout(1000)
    // Where the run happened to be.
    await page.evaluate("for (const path of document.querySelectorAll('.key')) path.hidden = true")
    if (from) await page.evaluate(`document.querySelector('${from}').scrollIntoView()`)
    await page.screenshot({ path: join(target, `${name}.png`) })
    await page.close()
  }
  await browser.close()
  await viewer.close()
}
