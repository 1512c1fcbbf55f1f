// A save is killed at every failure point that it passes, one after the other: each of every data
// file, of the state file that is written behind it, of the removals. Needs the addon with failure
// points, see failpoints.test.ts.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Child, runChild } from '../fixtures/child'
import { leftoversIn } from '../fixtures/files'
import { checkManaged, checkNumbered, checkOverwritten } from './checks'
import { Faults, halfMade, inLanes, IS_LONG, Tally } from './kills'

const addon = join(__dirname, '../../build-failpoints/Release/ndcheckpoint.node')
const skip = existsSync(addon) ? false : `no addon with failure points at ${addon}`

/**
 * How and by which writer, as every-point.cjs takes them, and how many points it passes; behind them
 * how an incremental save finds what has changed.
 */
const MANNERS: readonly (readonly [
  how: string,
  writer: string,
  points: number,
  detect?: string,
])[] = [
  ['managed none', 'map', 27],
  ['managed first copy', 'auto', 17],
  ['write', 'auto', 14],
  ['copy', 'direct', 17],
  ['copy', 'auto', 14, 'compare'],
  ...(IS_LONG
    ? ([
        ['sync', 'buffered', 17],
        ['none', 'map', 17],
        ['managed copy', 'direct', 27],
        ['managed fork', 'buffered', 27],
        ['managed sync', 'auto', 27],
        ['write', 'auto', 14, 'compare'],
        ['sync', 'direct', 14, 'compare'],
        ['none', 'map', 14, 'compare'],
        ['managed copy', 'auto', 20, 'compare'],
        ['managed fork', 'direct', 20, 'compare'],
      ] as const)
    : []),
]

const tally = new Tally('at points')

/** Kills at pass number `pass`; false if it lived through all of them. */
async function killAt(
  t: Test,
  root: string,
  [how, writer, , detect]: (typeof MANNERS)[number],
  pass: number,
): Promise<boolean> {
  const directory = join(root, String(pass))
  const args = [directory, how, writer, `*@${pass}`, ...(detect === undefined ? [] : [detect])]
  const child = new Child('every-point.cjs', { args, env: { CKPT_NATIVE: addon } })
  const { signal, code } = await child.exit()
  const faults = new Faults()
  if (signal === null) {
    faults.expect(code === 0 && child.lines.at(-1) === 'through', `it ended with ${String(code)}`)
    faults.expect(leftoversIn(directory).length === 0, 'a program that ends leaves nothing')
  } else {
    faults.expect(signal === 'SIGKILL', signal)
    const made = halfMade(directory).length > 0 || leftoversIn(directory).length > 0
    tally.add([how, writer, detect ?? ''].join(' ').trim(), made)
    const least = Number(child.lines.at(-1) ?? 0)
    if (how.startsWith('managed')) await checkManaged(faults, directory, least, detect)
    else if (how === 'write') checkOverwritten(faults, directory, least, detect)
    else checkNumbered(faults, directory, least, detect)
    faults.expect(leftoversIn(directory).length === 0, 'the next save clears up')
  }
  t.strictSame(faults.list, [], `${how} ${writer} ${detect ?? ''}, point ${pass}`)
  rmSync(directory, { recursive: true })
  return signal !== null
}

t.test('killed at every point that it passes, nothing is lost', { skip }, async (t) => {
  const root = t.testdir()
  const tasks = MANNERS.map((manner) => async (): Promise<void> => {
    const [how, writer, points, detect = ''] = manner
    if (process.platform !== 'linux' && how.includes('fork')) return
    let pass = 1
    const directory = join(root, `${how} ${writer} ${detect}`)
    while (await killAt(t, directory, manner, pass)) pass++
    t.ok(pass > points, `${how} ${writer} ${detect} passes ${pass - 1} points`)
  })
  await inLanes(tasks)
  tally.tell(t)
})

interface Failed {
  readonly pass: number
  readonly outcome: string
  readonly synced: string
  readonly warned: readonly string[]
  readonly next: unknown
  readonly faults: readonly string[]
}

/** More than a save passes, with what its manager does behind it. */
const PASSES = 45
const PASSES_LINKED = 30

async function failAtAll(t: Test, passes: number, ...detect: string[]): Promise<void> {
  const directory = t.testdir()
  const args = [directory, 'copy', 'direct', String(passes), ...detect]
  const lines = await runChild('fail-every-point.cjs', { args, env: { CKPT_NATIVE: addon } })
  t.equal(lines.length, passes)
  let [refused, told] = [0, 0]
  for (const line of lines) {
    const { outcome, synced, warned, next, faults } = JSON.parse(line) as Failed
    t.strictSame({ next, faults }, { next: { outcome: 'saved', synced: 'ok' }, faults: [] }, line)
    if (outcome !== 'saved') {
      t.equal(outcome, 'CKPT_IO EIO')
      refused++
    } else if (synced !== 'ok' || warned.length > 0) {
      for (const error of [synced, ...warned]) t.match(error, /^(ok|CKPT_IO EIO)$/)
      told++
    }
  }
  t.comment(`${refused} saves were refused, ${told} failed behind the commit`)
  // What is linked passes no points of its own.
  t.ok(refused > (detect.length === 0 ? 15 : 10) && told > 3)
  t.strictSame(leftoversIn(directory), [])
}

t.test('a managed run whose disk fails at any point goes on', { skip }, async (t) => {
  await failAtAll(t, PASSES)
})

t.test('and so does one that saves incrementally', { skip }, async (t) => {
  await failAtAll(t, PASSES_LINKED, 'compare')
})
