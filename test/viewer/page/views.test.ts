// The page in a real browser: what each view shows, and the ways between them.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import t from 'tap'
import { Checkpoint, CheckpointManager, convert, VariableState } from '../../../lib/index.js'
import { tensorflowFixture } from '../../cli/program'
import { closeBrowser, open, quiet, skip } from '../browser'
import { makeViewedRun, SAVES } from '../run'

t.teardown(closeBrowser)
const NEWEST = `ckpt-${SAVES}`

/** Cells of a heat map: to the right, down. */
const cellsOf = async (canvas: Locator): Promise<(string | null)[]> => [
  await canvas.getAttribute('width'),
  await canvas.getAttribute('height'),
]

t.test('a run', { skip }, async (t) => {
  const { page, show, faults, shifts, url } = await open(t, await makeViewedRun(t.testdir()))
  await show('')
  t.equal(await page.textContent('h1'), 'run')
  t.equal(await page.title(), 'run · ndcheckpoint')
  t.match(await page.textContent('.heading'), /checkpoints4.*on disk.*saved by links.*step400/)
  const rows = page.locator('.scroll tbody tr')
  t.equal(await rows.count(), SAVES)
  t.match(await rows.first().textContent(), /^ckpt-44000\.4.*latest$/)
  for (const chart of [
    'bytes of each checkpoint',
    'metric of each checkpoint',
    'norm of frozen/table',
  ]) {
    t.ok(await page.getByRole('img', { name: chart }).locator('canvas').isVisible(), chart)
  }
  await page.getByLabel('Course of').selectOption('model/dense/kernel')
  await quiet(page)
  t.equal(page.url(), `${url}#/?tensor=model%2Fdense%2Fkernel`)
  t.ok(await page.getByRole('img', { name: 'norm of model/dense/kernel' }).isVisible())
  await page.getByRole('link', { name: 'ckpt-2' }).click()
  await quiet(page)
  t.equal(page.url(), `${url}#/ckpt-2`)
  t.equal(await page.textContent('h1'), 'ckpt-2')
  await page.goBack()
  await quiet(page)
  t.equal(await page.textContent('h1'), 'run')
  t.ok((await shifts()) < 0.02, `layout shifts ${await shifts()}`)
  t.strictSame(faults, [])
})

t.test('a checkpoint', { skip }, async (t) => {
  const { page, show, faults, shifts, url } = await open(t, await makeViewedRun(t.testdir()))
  await show(`#/${NEWEST}`)
  t.match(await page.textContent('.heading'), /tensors\d+.*objects\d+step400metric0\.4/)
  const table = page.locator('.treemap').getByRole('link', { name: 'table' })
  const [tile, map] = [await table.boundingBox(), await page.locator('.treemap').boundingBox()]
  t.ok(tile !== null && map !== null && tile.width * tile.height > 0.8 * map.width * map.height)
  t.match(await page.textContent('.bars'), /frozen79\.06/)
  await page.locator('.note select').first().selectOption('tensors')
  t.match(await page.textContent('.bars'), /frozen\/table79\.06/)
  t.ok((await shifts()) < 0.02, `layout shifts ${await shifts()}`)
  await page.getByRole('button', { name: /Check every byte/ }).click()
  await page.waitForSelector('.verdict')
  t.match(await page.textContent('.verdict'), /^✓ Whole: every checksum of \d+ tensors holds/)
  await table.click()
  await quiet(page)
  t.equal(page.url(), `${url}#/${NEWEST}/at/frozen/table`)
  t.strictSame(faults, [])
})

t.test('a tensor', { skip }, async (t) => {
  const { page, show, faults, shifts, url } = await open(t, await makeViewedRun(t.testdir()))
  await show(`#/${NEWEST}/at/model/dense/kernel`)
  const heading = await page.textContent('.heading')
  t.match(heading, /model\/dense\/kernel.*also model\/tied\/kernel.*float32.*6 × 8/)
  t.match(await page.textContent('.panel'), /min−21max26mean2\.5/)
  t.match(await page.textContent('pre'), /^\[\[-21\. -20\. -19\./)
  t.equal(await page.locator('.charts canvas').count(), 4)
  const canvas = page.getByRole('img', { name: 'heat map of model/dense/kernel, 6 × 8' })
  t.strictSame(await cellsOf(canvas), ['8', '6'])
  t.ok((await shifts()) < 0.02, `layout shifts ${await shifts()}`)

  const box = await canvas.boundingBox()
  if (box === null) throw new Error('the heat map is not shown')
  const at = (row: number, column: number): [number, number] => [
    box.x + ((column + 0.5) * box.width) / 8,
    box.y + ((row + 0.5) * box.height) / 6,
  ]
  await page.mouse.move(...at(2, 3))
  t.equal(await page.textContent('.legend output'), '[2, 3] −2')
  await page.mouse.move(...at(1, 2))
  await page.mouse.down()
  await page.mouse.move(...at(3, 4))
  await page.mouse.up()
  await quiet(page)
  t.match(
    page.url(),
    /#\/ckpt-4\/at\/model\/dense\/kernel\?row=0&column=1&index=0,0&rows=1-4&columns=2-5$/,
  )
  t.strictSame(await cellsOf(canvas), ['3', '3'])
  await page.getByRole('button', { name: 'All of it' }).click()
  await quiet(page)
  t.strictSame(await cellsOf(canvas), ['8', '6'])

  await show(`#/${NEWEST}/at/model/vision/kernel?index=2,0,0`)
  t.match(await page.textContent('.controls'), /axis 0\s+2 of 3/)
  const slider = page.getByRole('slider')
  await slider.fill('1')
  await quiet(page)
  t.equal(page.url(), `${url}#/${NEWEST}/at/model/vision/kernel?row=1&column=2&index=1,0,0`)
  t.match(await page.textContent('.legend'), /^20.*39/)
  await page.getByLabel('down').selectOption('0')
  await quiet(page)
  t.match(await page.textContent('.controls'), /axis 1\s+0 of 4/)
  t.strictSame(faults, [])
})

t.test('what is odd is shown as well', { skip }, async (t) => {
  const { page, show, faults } = await open(t, await makeViewedRun(t.testdir()))
  const look = async (name: string): Promise<string> => {
    await show(`#/${NEWEST}/at/${name}`)
    return (await page.textContent('main')) ?? ''
  }
  t.match(await look('odd/broken'), /NaN1infinite2/)
  t.match(await look('odd/all_nan'), /min–max–/)
  t.match(await look('odd/nothing'), /0 × 3.*\[\]/)
  t.match(await look('odd/wide'), /max4\.612e18.*4611686018427387904/)
  t.match(await look('odd/half'), /bfloat16.*mean0\.5/)
  t.match(await look('odd/flag'), /bool.*True False/)
  t.match(await look('step'), /scalar.*all of them are 400/)
  t.match(await look('notes'), /<b>not bold<\/b>/, 'text stays text')
  t.equal(await page.locator('main b').count(), 0)
  t.match(await look('no/such'), /no\/such is not in ckpt-4/)
  await show('#/ckpt-77')
  t.match(await page.textContent('.failure'), /ckpt-77.*CKPT_NOT_FOUND/)
  t.strictSame(faults, [])
})

t.test('keys, the tree, and a narrow dark screen', { skip }, async (t) => {
  const run = await makeViewedRun(t.testdir())
  const { page, show, faults, url } = await open(t, run)
  await show(`#/${NEWEST}`)
  await page.keyboard.press('[')
  await quiet(page)
  t.equal(page.url(), `${url}#/ckpt-3`)
  await page.keyboard.press('/')
  await page.keyboard.type('bias')
  t.match(await page.textContent('.tree footer'), /^1 tensor, 20 B/)
  await page.keyboard.press('Escape')
  await page.locator('#tree').focus()
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key)
  await quiet(page)
  t.equal(page.url(), `${url}#/ckpt-3/at/model/dense/bias`)
  await page.keyboard.press(']')
  await quiet(page)
  t.equal(page.url(), `${url}#/ckpt-4/at/model/dense/bias`)
  await page.locator('#filter').fill('')
  const row = page.getByRole('treeitem', { name: 'odd' })
  await row.getByRole('button').click()
  await page.locator('#tree').focus()
  t.equal(await row.getAttribute('aria-expanded'), 'false')
  await page.keyboard.press('o')
  await quiet(page)
  t.equal(page.url(), `${url}#/ckpt-4`)
  await page.keyboard.press('?')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  const ground = (): Promise<string> =>
    page.evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await ground()
  await page.keyboard.press('t')
  t.not(await ground(), light)
  await page.keyboard.press('r')
  await quiet(page)
  t.equal(page.url(), `${url}#/`)
  t.strictSame(faults, [])

  const narrow = await open(t, run, { width: 390, height: 800, theme: 'dark' })
  for (const hash of ['#/', `#/${NEWEST}`, `#/${NEWEST}/at/model/vision/kernel`]) {
    await narrow.show(hash)
    const wide = await narrow.page.evaluate<number>('document.documentElement.scrollWidth')
    t.ok(wide <= 390, `${hash} is ${wide} wide`)
    t.equal(await narrow.page.evaluate('document.documentElement.dataset.theme'), 'dark')
  }
  t.notOk(await narrow.page.locator('.tree').isVisible())
  await narrow.page.getByRole('button', { name: 'Tensors' }).click()
  t.ok(await narrow.page.locator('.tree').isVisible())
  await narrow.page.getByRole('treeitem', { name: 'step' }).waitFor()
  t.strictSame(narrow.faults, [])
})

t.test('a run that goes on, a file, and a checkpoint of Python', { skip }, async (t) => {
  const run = await makeViewedRun(t.testdir())
  const { page, show, faults } = await open(t, run)
  await show('#/')
  rmSync(join(run, 'ckpt-1.index'))
  const model = new VariableState()
  model['w'] = new Float32Array(3)
  const manager = new CheckpointManager(new Checkpoint({ model }), run)
  await manager.save({ checkpointNumber: 50 })
  await manager.close()
  await page.getByRole('row', { name: /^ckpt-50/ }).waitFor()
  t.equal(await page.getByRole('row', { name: /^ckpt-1 / }).count(), 0)
  t.strictSame(faults, [])

  const python = await open(t, tensorflowFixture('keras-adam'))
  await python.show('#/model-1/at/optimizer/_trainable_variables/4')
  t.match(await python.page.textContent('.heading'), /also model.*kernel/)
  t.match(await python.page.textContent('main'), /float32.*norm/)
  t.strictSame(python.faults, [])
})

t.test("the demo's run, and a model of TensorFlow.js", { skip }, async (t) => {
  const directory = t.testdir()
  const run = join(directory, 'run')
  const train = join(__dirname, '../../../examples/mnist/train.js')
  execFileSync(process.execPath, [train, '--dir', run, '--steps', '20', '--save-every', '10'])
  const demo = await open(t, run)
  await demo.show('#/ckpt-2/at/model/w0')
  t.match(await demo.page.textContent('main'), /784 × 256.*NaN0infinite0/)
  t.equal(await demo.page.locator('.charts canvas').count(), 4)
  await demo.show('#/ckpt-2')
  t.match(await demo.page.textContent('.treemap'), /optimizer.*model/)
  t.strictSame(demo.faults, [])

  const file = join(directory, 'model.json')
  await convert(join(run, 'ckpt-2'), file, { filter: 'model/**' })
  const tfjs = await open(t, file)
  await tfjs.show('')
  t.match(await tfjs.page.textContent('.heading'), /^model\.json.*tensors6.*formattfjs/)
  t.equal(await tfjs.page.locator('#verify').count(), 0, 'a format without checksums')
  await tfjs.page.locator('.treemap').getByRole('link', { name: 'w1' }).click()
  await quiet(tfjs.page)
  t.match(await tfjs.page.textContent('main'), /256 × 128/)
  t.strictSame(tfjs.faults, [])
})
