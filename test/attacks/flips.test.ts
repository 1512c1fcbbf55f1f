// Every byte of a small checkpoint changed, every length tried, through every way to open it: each
// gives the exact content or one of our errors. CKPT_FLIPS=8 flips all bits of each byte; by default
// it is one, and a part of the ways.
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import { Checkpoint, ndarray, NumpyState } from '../../lib/index.js'
import { seeded } from '../fixtures/random'
import { answer, managed, STATE_WAYS, WAYS, type Way } from './ways'

const BITS = Number(process.env['CKPT_FLIPS'] ?? 1)

/** One way in so many, beside the thorough ones, at each byte. */
const EVERY = BITS < 8 ? 8 : 1

/** A file that is damaged in place: to replace it ten thousand times would wait for the disk. */
class Victim {
  readonly path: string
  readonly bytes: Buffer
  readonly #fd: number

  constructor(path: string) {
    this.path = path
    this.bytes = readFileSync(path)
    this.#fd = openSync(path, 'r+')
  }

  flip(at: number, bit: number): void {
    writeSync(this.#fd, Buffer.of((this.bytes[at] ?? 0) ^ (1 << bit)), 0, 1, at)
  }

  cut(length: number): void {
    ftruncateSync(this.#fd, length)
  }

  mend(at: number): void {
    writeSync(this.#fd, this.bytes, at, this.bytes.length - at, at)
  }

  close(): void {
    closeSync(this.#fd)
  }
}

interface Damage {
  readonly what: string
  readonly make: (victim: Victim) => void
  /** From here on the file is written again. */
  readonly at: number
}

function* flipsOf({ bytes }: Victim): Generator<Damage> {
  for (let at = 0; at < bytes.length; at++) {
    for (let i = 0; i < BITS; i++) {
      const bit = (at + i) % 8
      const make = (victim: Victim): void => {
        victim.flip(at, bit)
      }
      yield { what: `bit ${String(bit)} of byte ${String(at)}`, make, at }
    }
  }
}

function* cutsOf({ bytes }: Victim): Generator<Damage> {
  for (let length = bytes.length - 1; length >= 0; length--) {
    const make = (victim: Victim): void => {
      victim.cut(length)
    }
    yield { what: `length ${String(length)}`, make, at: length }
  }
}

const HONEST = { float64: 0.5, int32: 7 } as const

/** The checkpoints `ckpt-1` … of a state of few bytes, all of which count. */
function saveSmall(directory: string, count: number): string[] {
  const state = new NumpyState()
  const checkpoint = new Checkpoint({ state })
  return Array.from({ length: count }, (_, i) => {
    state['x'] = ndarray(Float64Array.of(HONEST.float64, i, NaN))
    state['y'] = ndarray(Int32Array.of(HONEST.int32, i), [2, 1])
    return checkpoint.saveSync(join(directory, 'ckpt'), { durable: false, alignment: 1 })
  })
}

const filesOf = (directory: string, prefix: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.startsWith(`${basename(prefix)}.`))
    .map((name) => join(directory, name))

interface Tally {
  damages: number
  answers: number
  refused: number
}

/** @param expected what each way gives of the honest files */
async function sweep(
  t: Test,
  victim: Victim,
  damages: Iterable<Damage>,
  ways: readonly (Way & { readonly path: string; readonly expected: readonly string[] })[],
): Promise<Tally> {
  const tally: Tally = { damages: 0, answers: 0, refused: 0 }
  const file = basename(victim.path)
  for (const { what, make, at } of damages) {
    tally.damages++
    make(victim)
    const whole = new Set<string>()
    for (const [i, way] of ways.entries()) {
      // All ways at each byte take half a minute.
      const isDue = (i + tally.damages) % EVERY === 0
      if (!isDue && !THOROUGH.includes(way.name)) continue
      const came = await answer(way, way.path).catch((error: unknown) => {
        t.fail(`${file}, ${what}, ${way.name}: no answer`, { error })
        return 'none'
      })
      tally.answers++
      if (typeof came === 'string') {
        tally.refused++
        continue
      }
      whole.add(way.name)
      if (way.isChecked && !way.expected.includes(came.content)) {
        t.fail(`${file}, ${what}, ${way.name}: other content`, { content: came.content })
      }
    }
    const [eager, ...others] = THOROUGH.map((name) => whole.has(name))
    if (others.includes(!eager)) t.fail(`${file}, ${what}: thorough ones differ`, { whole })
    victim.mend(at)
  }
  return tally
}

/** They look at every byte that counts, so they find the same. */
const THOROUGH = [
  ...['openCheckpointSync, map, eager', 'verifySync'],
  ...(BITS < 8 ? [] : ['openCheckpoint, eager', 'verify', 'openCheckpointSync, load, eager']),
]

async function attack(t: Test, directory: string, prefix: string): Promise<void> {
  const ways = await Promise.all(
    WAYS.map(async (way) => ({ ...way, path: prefix, expected: [await way.give(prefix)] })),
  )
  for (const path of filesOf(directory, prefix)) {
    const victim = new Victim(path)
    const flips = await sweep(t, victim, flipsOf(victim), ways)
    const cuts = await sweep(t, victim, cutsOf(victim), ways)
    victim.close()
    t.comment(
      `${basename(path)}: ${JSON.stringify({ flips, cuts })} ${String(victim.bytes.length)} bytes`,
    )
    t.ok(flips.damages >= victim.bytes.length && cuts.damages === victim.bytes.length)
    t.ok(flips.refused > 0 && cuts.refused > 0, 'most of it is refused')
    for (const way of ways) t.equal(await way.give(prefix), way.expected[0], 'mended again')
  }
}

t.test('a checkpoint of arrays', async (t) => {
  const directory = t.testdir()
  const [prefix = ''] = saveSmall(directory, 1)
  await attack(t, directory, prefix)
})

t.test('a checkpoint of variables that TensorFlow wrote', async (t) => {
  const directory = t.testdir()
  const source = join(__dirname, '../interop/fixtures/tf/docs-example')
  for (const name of readdirSync(source)) copyFileSync(join(source, name), join(directory, name))
  await attack(t, directory, join(directory, 'ckpt-1'))
})

/** A state file may be changed to one that names the other checkpoint, or both in another order. */
t.test('a state file', async (t) => {
  const directory = t.testdir()
  const prefixes = saveSmall(directory, 2)
  const victim = new Victim(join(directory, 'checkpoint'))
  const ways = await Promise.all(
    STATE_WAYS.map(async (way) => {
      const contents = new Set(['none'])
      for (const prefix of prefixes) {
        const text = `model_checkpoint_path: "${basename(prefix)}"\n`
        writeFileSync(victim.path, text)
        contents.add(await way.give(directory))
      }
      return { ...way, path: directory, expected: [...contents] }
    }),
  )
  writeFileSync(victim.path, victim.bytes)
  const flips = await sweep(t, victim, flipsOf(victim), ways)
  const cuts = await sweep(t, victim, cutsOf(victim), ways)
  t.comment(JSON.stringify({ flips, cuts }))
  t.ok(flips.damages >= victim.bytes.length && cuts.damages === victim.bytes.length)
  victim.close()
})

t.test('a manager restores one of the checkpoints, whatever the state file says', async (t) => {
  const directory = t.testdir()
  const prefixes = saveSmall(directory, 2)
  const path = join(directory, 'checkpoint')
  const contents = new Set<string>()
  for (const prefix of prefixes) {
    writeFileSync(path, `model_checkpoint_path: "${basename(prefix)}"\n`)
    contents.add(await managed(directory, true))
  }
  t.equal(contents.size, 2)
  const names = readdirSync(directory)
  const victim = new Victim(path)
  let sync = false
  for (const damages of [flipsOf(victim), cutsOf(victim)]) {
    for (const { what, make, at } of damages) {
      make(victim)
      const content = await managed(directory, (sync = !sync))
      if (!contents.has(content)) t.fail(`${what}: it restores ${content}`)
      t.strictSame(readdirSync(directory), names, 'nothing is removed')
      victim.mend(at)
    }
  }
  victim.close()
})

t.test('a manager passes over a damaged checkpoint', async (t) => {
  const directory = t.testdir()
  const prefixes = saveSmall(directory, 2)
  const [older = '', newest = ''] = prefixes
  const expected = await managed(directory, true)
  const state = readFileSync(join(directory, 'checkpoint'))
  writeFileSync(join(directory, 'checkpoint'), `model_checkpoint_path: "${basename(older)}"\n`)
  const before = await managed(directory, true)
  t.not(before, expected)
  writeFileSync(join(directory, 'checkpoint'), state)
  let passedOver = 0
  const random = seeded(1)
  for (const path of filesOf(directory, newest)) {
    const victim = new Victim(path)
    for (const damages of [flipsOf(victim), cutsOf(victim)]) {
      for (const { what, make, at } of damages) {
        // A manager for each would take minutes.
        if (BITS < 8 && random() > 0.1) continue
        make(victim)
        const content = await managed(directory, at % 2 === 0).catch((error: unknown) => error)
        if (content === before) passedOver++
        else if (content !== expected) t.fail(`${what} of ${path}`, { content })
        victim.mend(at)
      }
    }
    victim.close()
  }
  t.ok(passedOver > 50, String(passedOver))
})
