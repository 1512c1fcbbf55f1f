// Runs every example as its reader does, and the demo in a short form.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, latestCheckpoint, NumpyState, type NdArray } from '../lib/index.js'
import { findTensorFlow } from './interop/tensorflow'

const examples = join(__dirname, '../examples')

interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** From a directory that is not the checkout: examples must not depend on it. */
function run(file: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd: tmpdir(), timeout: 100_000 }
    const command = [join(examples, file), ...args]
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr })
    })
  })
}

interface Comparison {
  readonly identical: boolean
  readonly digests: readonly [string, string]
  readonly parts: readonly { part: string; keys: number; different: string[] }[]
}

interface Compare {
  compareCheckpoints: (first: string, second: string) => Promise<Comparison>
  describeComparison: (comparison: Comparison) => string[]
}

interface Worker {
  runWorker: (
    options: { dir: string; steps: number; saveEvery: number },
    onReport: (report: { event: string }) => void,
  ) => Promise<void>
}

/** Plain JavaScript, without declarations. */
const requireExample = createRequire(join(examples, 'index.js'))
const { compareCheckpoints, describeComparison } = requireExample('./mnist/compare.js') as Compare

t.test('every example is short, says what to look at and is run here', (t) => {
  const files = readdirSync(examples).filter((name) => /\.m?js$/.test(name))
  t.strictSame(files.sort(), [
    'esm.mjs',
    'evolution.js',
    'keras-handoff.js',
    'quick-start.js',
    'read-any-checkpoint.js',
    'replay-buffer.js',
    'resume.js',
    'save-while-training.js',
    'tfjs-digits.js',
  ])
  for (const file of files) {
    const text = readFileSync(join(examples, file), 'utf8')
    t.ok(text.startsWith('/**\n'), `${file} has a header`)
    if (file !== 'quick-start.js') t.match(text, /Look at /, `${file} says what to look at`)
    t.ok(text.split('\n').length <= 60, `${file} is under 60 lines`)
  }
  t.end()
})

t.test('the quick start is 12 lines of code, and resumes when it is run again', async (t) => {
  const text = readFileSync(join(examples, 'quick-start.js'), 'utf8')
  const code = text.replace(/\/\*\*.*?\*\//s, '').split('\n')
  t.ok(code.filter((line) => line.trim() !== '').length <= 12)

  const directory = t.testdir()
  for (const number of [1, 2, 3]) {
    const { status, stdout, stderr } = await run('quick-start.js', directory)
    t.equal(status, 0, stderr)
    t.equal(
      stdout,
      `step ${String(100 * number)}: saved ${join(directory, 'ckpt')}-${String(number)}\n`,
    )
  }
})

t.test('resume.js is killed, resumes and ends as if it had not been', async (t) => {
  const { status, stdout, stderr } = await run('resume.js')
  t.equal(status, 0, stderr)
  const places = Array.from(stdout.matchAll(/resumes at step (\d+)/g), ([, step]) => step)
  t.strictSame(places, ['300', '600', '900'])
  t.match(stdout, /identical, bit for bit/)
})

t.test('read-any-checkpoint.js lists what TensorFlow wrote', async (t) => {
  const { status, stdout, stderr } = await run('read-any-checkpoint.js')
  t.equal(status, 0, stderr)
  t.match(stdout, /float32 {2}\[3, 3, 3, 4\] optimizer\/_trainable_variables\/0\//)
  t.match(stdout, /int64 {4}\[\] {10} save_counter\//)
  t.match(stdout, /NdArray float32 \[144, 10\]/)
  t.match(stdout, /children of the root: model, optimizer, step, save_counter/)
  t.match(stdout, /checksums: 31 tensors, \d+ bytes, ok: true/)

  const missing = await run('read-any-checkpoint.js', join(t.testdir(), 'none-1'))
  t.equal(missing.status, 1)
  t.match(missing.stderr, /^CKPT_NOT_FOUND: /m)
})

t.test(
  'save-while-training.js trains during the save, and aborts one without a trace',
  async (t) => {
    const directory = t.testdir()
    const { status, stdout, stderr } = await run('save-while-training.js', directory)
    t.equal(status, 0, stderr)
    const steps = /durable after \d+ ms and (\d+) training steps/.exec(stdout)?.[1]
    t.ok(Number(steps) > 0, `${String(steps)} steps during the save`)
    t.match(stdout, /sync 64 of 64 MiB/)
    t.match(stdout, 'restored: 0, as it was at the call of save()')
    t.match(stdout, 'second save: no time left')
    t.strictSame(readdirSync(directory).sort(), [
      'checkpoint',
      'ckpt-1.data-00000-of-00001',
      'ckpt-1.index',
    ])
  },
)

t.test('esm.mjs imports the same objects by name', async (t) => {
  const { status, stdout, stderr } = await run('esm.mjs')
  t.equal(status, 0, stderr)
  t.match(stdout, 'x[1, 1] after the restore: 0')
  t.match(stdout, 'shape of the second x: [ 3, 4 ]')
  t.match(stdout, 'import and require give the same Checkpoint: true')
})

t.test('tfjs-digits.js is killed after each epoch and ends as if it had not been', async (t) => {
  const { status, stdout, stderr } = await run('tfjs-digits.js')
  t.equal(status, 0, stderr)
  const places = Array.from(stdout.matchAll(/resumes at epoch (\d+)/g), ([, epoch]) => epoch)
  t.strictSame(places, ['1', '2', '3', '4'])
  t.match(stdout, /identical, bit for bit/)
})

t.test('replay-buffer.js learns its way, and writes the new memories only', async (t) => {
  const directory = join(t.testdir(), 'run')
  const first = await run('replay-buffer.js', directory)
  t.equal(first.status, 0, first.stderr)
  t.match(
    first.stdout,
    /^a new agent\nfull: \d{4} KiB written\n(incremental: \d{2} KiB written\n){3}/,
  )
  t.match(first.stdout, 'step 4000: →→→→→→→→→→→')
  const second = await run('replay-buffer.js', directory)
  t.equal(second.status, 0, second.stderr)
  t.match(second.stdout, /ckpt-4\n(incremental: \d{2} KiB written\n){4}step 8000: →→→→→→→→→→→\n/)
})

t.test('evolution.js: all threads read one checkpoint without a copy', async (t) => {
  const { status, stdout, stderr } = await run('evolution.js')
  t.equal(status, 0, stderr)
  const lines = Array.from(
    stdout.matchAll(/generation \d: loss ([\d.]+), arrays copied: 0\n/g),
    ([, loss]) => Number(loss),
  )
  t.equal(lines.length, 8)
  t.ok((lines.at(-1) ?? NaN) < (lines[0] ?? NaN), lines.join(' '))
})

const tensorflow = findTensorFlow()
const skip = 'skip' in tensorflow ? tensorflow.skip : false
t.test('keras-handoff.js: Python, Node, Python', { skip, timeout: 300_000 }, async (t) => {
  const python = 'python' in tensorflow ? tensorflow.python : ''
  const { status, stdout, stderr } = await run('keras-handoff.js', python)
  t.equal(status, 0, stderr)
  const turns = Array.from(
    stdout.matchAll(/^(Python|Node): loss ([\d.]+) after (\d+) steps$/gm),
    ([, who, , steps]) => [who, steps],
  )
  t.strictSame(turns, [
    ['Python', '160'],
    ['Node', '320'],
    ['Python', '480'],
  ])
  const losses = Array.from(stdout.matchAll(/loss ([\d.]+)/g), ([, loss]) => Number(loss))
  t.ok((losses[2] ?? NaN) < (losses[0] ?? NaN) / 2, losses.join(' '))
})

t.test('the demo: killed, resumed, bit-identical', async (t) => {
  const directory = join(t.testdir(), 'kept')
  const demo = await run('mnist/demo.js', '--steps', '60', '--save-every', '8', '--keep', directory)
  t.equal(demo.status, 0, demo.stderr)
  t.match(demo.stdout, /killed with SIGKILL at step \d+, between two saves/)
  t.match(demo.stdout, /killed with SIGKILL at step \d+, right after a save began/)
  t.equal(demo.stdout.match(/a new process resumed from step/g)?.length, 2)
  t.match(demo.stdout, /Test accuracy +\d\d\.\d % of 1000 digits/)
  t.match(demo.stdout, /Saves +8, of 2\.8 MB each/)
  for (const line of [
    /Stall per save +[\d.]+ ms/,
    /Durable after +[\d.]+ ms/,
    /Restore +[\d.]+ ms/,
  ]) {
    t.match(demo.stdout, line)
  }
  t.match(demo.stdout, /The final state is bit-identical/)

  const finals = ['alone', 'killed'].map((name) => latestCheckpoint(join(directory, name)) ?? '')
  const same = await run('mnist/compare.js', ...finals)
  t.equal(same.status, 0, same.stderr)
  t.match(same.stdout, 'The checkpoints are bit-identical.')

  t.test('one changed bit is found', async (t) => {
    const [first = '', second = ''] = finals
    const checkpoint = new Checkpoint({
      model: new NumpyState(),
      optimizer: { m: new NumpyState(), v: new NumpyState<Record<string, NdArray>>() },
      progress: new NumpyState(),
    })
    await checkpoint.restore(second)
    const tampered = join(directory, 'tampered-1')
    const bits = new Uint8Array(checkpoint.optimizer.v['w0']?.data.buffer ?? new ArrayBuffer(0))
    bits[12345] = (bits[12345] ?? 0) ^ 1
    await checkpoint.write(tampered)
    const { status, stdout } = await run('mnist/compare.js', first, tampered)
    t.equal(status, 1)
    t.match(stdout, /Adam's v +DIFFERENT/)
    t.match(stdout, /optimizer\/v\/w0\/\S+: 1 of \d+ bytes differ/)
    t.match(stdout, /weights +identical/)
    t.match(stdout, 'The checkpoints DIFFER.')
  })

  t.test('a directory that holds checkpoints is not used for a new demo', async (t) => {
    const again = await run('mnist/demo.js', '--keep', directory)
    t.equal(again.status, 2)
    t.match(again.stderr, /is not empty/)
    t.equal(again.stdout, '')
  })
})

t.test('the comparison sees missing keys, other dtypes and other shapes', async (t) => {
  const directory = t.testdir()
  const write = (
    name: string,
    arrays: Record<string, Float32Array | Int32Array>,
  ): Promise<string> => {
    const model = Object.assign(new NumpyState<typeof arrays>(), arrays)
    return new Checkpoint({ model }).write(join(directory, name))
  }
  const base = await write('base', { w0: Float32Array.of(0, 0) })
  const others = {
    key: await write('key', { w0: Float32Array.of(0, 0), b0: Float32Array.of(0) }),
    dtype: await write('dtype', { w0: Int32Array.of(0, 0) }),
    shape: await write('shape', { w0: Float32Array.of(0, 0, 0) }),
    // Equal as numbers, not as bits.
    sign: await write('sign', { w0: Float32Array.of(0, -0) }),
  }
  t.ok((await compareCheckpoints(base, base)).identical)
  for (const [name, other] of Object.entries(others)) {
    const comparison = await compareCheckpoints(base, other)
    t.notOk(comparison.identical, name)
    t.not(comparison.digests[0], comparison.digests[1], name)
    t.ok(comparison.parts.some(({ part, different }) => part === 'weights' && different.length > 0))
    t.match(describeComparison(comparison).join('\n'), /weights +DIFFERENT/, name)
  }
})

t.test('a training process that ends otherwise than it should is an error', async (t) => {
  const { runWorker } = requireExample('./mnist/worker.js') as Worker
  const reports: string[] = []
  const options = { dir: t.testdir(), steps: 2, saveEvery: 2 }
  await runWorker(options, ({ event }) => reports.push(event))
  t.strictSame(reports, ['started', 'step', 'step', 'saving', 'saved', 'done'])
  await t.rejects(
    runWorker({ ...options, dir: join(t.testdir({ file: '' }), 'file') }, () => undefined),
    { message: 'the training process ended with code 1, not with code 0 as expected' },
  )
})

t.test('the command line of the demo', async (t) => {
  const help = await run('mnist/demo.js', '--help')
  t.equal(help.status, 0)
  for (const option of ['--steps', '--save-every', '--keep', '--help']) t.match(help.stdout, option)

  const directory = t.testdir({ file: '' })
  const wrong: [string[], RegExp][] = [
    [['--steps', '1e3'], /--steps must be an integer/],
    [['--steps', '7'], /--steps must be an integer from 8/],
    [['--save-every', '0'], /--save-every must be an integer/],
    [['--steps', '100', '--save-every', '26'], /at least 4 times --save-every/],
    [['--fast'], /Unknown option '--fast'/],
    [['extra'], /extra/],
    [['--keep', join(directory, 'file')], /--keep: /],
  ]
  for (const [args, message] of wrong) {
    const { status, stdout, stderr } = await run('mnist/demo.js', ...args)
    t.equal(status, 2, args.join(' '))
    t.match(stderr, message)
    t.equal(stdout, '')
  }
  t.equal((await run('mnist/compare.js')).status, 2)
  t.equal((await run('mnist/train.js')).status, 2)
})

t.test('what the demo writes without --keep is removed, also when it is interrupted', async (t) => {
  const temporary = join(t.testdir(), 'tmp')
  mkdirSync(temporary)
  const child = execFile(process.execPath, [join(examples, 'mnist/demo.js')], {
    env: { ...process.env, TMPDIR: temporary },
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  // At the first line of progress the training is under way.
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (text: string) => {
      if (text.includes('1. A run')) resolve()
    })
  })
  t.equal(readdirSync(temporary).length, 1)
  child.kill('SIGINT')
  t.equal(await ended, 130)
  t.notOk(existsSync(join(temporary, readdirSync(temporary)[0] ?? 'none')))
})
