/**
 * Chromium without a window, where it is installed.
 */
import { existsSync } from 'node:fs'
import type { Test } from 'tap'
import { chromium, type Browser, type Page } from 'playwright-core'
import { startViewer } from '../../lib/viewer/server.js'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executable = process.env['CKPT_CHROMIUM'] ?? PATHS.find((path) => existsSync(path))

/** Why the tests of the page cannot run; false if they can. CI has to have it. */
export const skip =
  executable !== undefined || process.env['CKPT_REQUIRE_CHROMIUM'] === '1'
    ? false
    : 'no Chromium: install it, or name it by CKPT_CHROMIUM'

let running: Promise<Browser> | undefined

const browser = (): Promise<Browser> =>
  (running ??= chromium.launch({
    executablePath: executable ?? 'chromium',
    // Its sandbox is not for root, as whom containers run.
    args: ['--no-sandbox'],
  }))

export async function closeBrowser(): Promise<void> {
  await (await running)?.close()
}

export interface Shown {
  readonly page: Page
  readonly url: string
  /** Goes to a view, and waits until it is quiet. */
  readonly show: (hash: string) => Promise<void>
  /** What went wrong in the page so far: errors, refused requests, what the policy forbids. */
  readonly faults: readonly string[]
  /** Sum of all layout shifts that no input caused, since the document was loaded. */
  readonly shifts: () => Promise<number>
}

export interface ShownOptions {
  readonly width?: number
  readonly height?: number
  readonly theme?: 'light' | 'dark'
}

export async function open(t: Test, path: string, options: ShownOptions = {}): Promise<Shown> {
  const { width = 1280, height = 900, theme = 'light' } = options
  const viewer = await startViewer(path)
  const context = await (
    await browser()
  ).newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' })
  t.teardown(async () => {
    await context.close()
    await viewer.close()
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('request', (request) => {
    if (!request.url().startsWith(viewer.url) && !request.url().startsWith('data:')) {
      faults.push(`asked ${request.url()}`)
    }
  })
  await page.addInitScript(WATCH_SHIFTS)
  const show = async (hash: string): Promise<void> => {
    await page.goto(`${viewer.url}${hash}`)
    await quiet(page)
  }
  const shifts = (): Promise<number> => page.evaluate('shifted')
  return { page, url: viewer.url, show, faults, shifts }
}

/** Waits until everything that was asked has been answered. */
export async function quiet(page: Page): Promise<void> {
  await drawn(page)
  await page.waitForSelector('main h1, main .failure')
  await page.waitForSelector('.waiting', { state: 'detached' })
  await drawn(page)
}

/** An address that has changed is shown by the frame after the next one. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(`new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 0))))`)
}

// Runs in the page, whose types are not those of Node.
const WATCH_SHIFTS = `
  globalThis.shifted = 0
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value } of list.getEntries()) if (!hadRecentInput) shifted += value
  }).observe({ type: 'layout-shift', buffered: true })
`
