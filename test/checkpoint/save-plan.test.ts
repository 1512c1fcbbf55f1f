/** What a Checkpoint keeps of its last save: never to be seen in what it writes. */
import fc from 'fast-check'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  JsonState,
  List,
  ndarray,
  NumpyState,
  openCheckpointSync,
  Trackable,
  Variable,
  VariableState,
  zeros,
  type ArrayInput,
  type NdArray,
} from '../../lib/index.js'
import { runs } from '../fixtures/random'
import { contentsOf } from './files'

/** The objects of a program, in the hands of random changes. */
interface Program {
  readonly children: Record<string, object>
  readonly numpy: NumpyState<Record<string, ArrayInput>>
  readonly tensors: VariableState<Record<string, ArrayInput>>
  readonly variable: Variable<NdArray>
  readonly scalar: Variable<number>
  readonly list: List
  readonly json: JsonState
  readonly state: { text: string; serialize(): string; deserialize(): void }
  readonly part: Trackable & Record<string, unknown>
}

function makeProgram(): Program {
  const program = {
    numpy: new NumpyState<Record<string, ArrayInput>>(),
    tensors: new VariableState<Record<string, ArrayInput>>(),
    variable: new Variable(zeros([2, 3], 'float32')),
    scalar: new Variable(1),
    list: new List([new Variable(2)]),
    json: new JsonState({ at: 0 } as never),
    state: { text: 'a', serialize: () => program.state.text, deserialize: () => undefined },
    part: new Trackable() as Trackable & Record<string, unknown>,
  }
  program.numpy['w'] = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])
  program.numpy['b'] = Float64Array.of(1, 2)
  program.tensors['k'] = ndarray(Int32Array.of(1, 2, 3, 4), [2, 2])
  const children = { ...program } as unknown as Record<string, object>
  return { ...program, children }
}

const NAMES = ['w', 'b', 'k', '0', '10', 'a/b']
const name = fc.constantFrom(...NAMES)
const shape = fc.constantFrom([2, 3], [3, 2], [6], [0, 3], [])

/** One array of each kind of input. */
const array: fc.Arbitrary<ArrayInput> = fc
  .tuple(shape, fc.constantFrom('plain', 'fortran', 'strided', 'parts', 'typed', 'int'), fc.nat(99))
  .map(([shape, kind, seed]) => {
    const size = shape.reduce((a, b) => a * b, 1)
    const data = Float32Array.from({ length: 2 * size + 1 }, (_, i) => seed + i)
    if (kind === 'typed') return data.slice(0, size)
    if (kind === 'int') return ndarray(Int32Array.from(data.slice(0, size)), shape)
    if (kind === 'parts') return { data: data.slice(0, size), shape: [...shape] }
    const stride = [...shape.keys()].map((axis) => {
      const axes = kind === 'plain' ? shape.slice(axis + 1) : shape.slice(0, axis)
      return axes.reduce((a, b) => a * Math.max(b, 1), kind === 'strided' ? 2 : 1)
    })
    return ndarray(data, shape, { stride })
  })

type Change = (program: Program, checkpoint: Checkpoint) => void

type Parts = { data: Float32Array; shape: number[] }

const isParts = (value: ArrayInput | undefined): value is ArrayInput & Parts =>
  value !== undefined && 'shape' in value && !Object.isFrozen(value.shape)

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>(() => undefined),
  fc.tuple(fc.boolean(), name, array).map(([isNumpy, name, value]): Change => {
    return ({ numpy, tensors }) => {
      const state = isNumpy ? numpy : tensors
      state[name] = value
    }
  }),
  fc.tuple(fc.boolean(), name).map(([isNumpy, name]): Change => {
    return ({ numpy, tensors }) => Reflect.deleteProperty(isNumpy ? numpy : tensors, name)
  }),
  name.map((name): Change => {
    // In place, which nobody notices.
    return ({ numpy }) => {
      const value = numpy[name]
      const data = value === undefined || ArrayBuffer.isView(value) ? value : value.data
      if (data?.byteLength) (data as Float32Array)[0] = Math.fround(Math.random())
    }
  }),
  fc.tuple(name, fc.constantFrom([3, 2], [6], [2, 3])).map(([name, shape]): Change => {
    return ({ numpy }) => {
      const value = numpy[name]
      const isFull = isParts(value) && value.data.length === 6
      if (isFull) value.shape.splice(0, Infinity, ...shape)
    }
  }),
  fc.tuple(name, fc.constantFrom('shape', 'offset')).map(([name, what]): Change => {
    // By a program that TypeScript does not check.
    return ({ numpy }) => {
      const value = numpy[name] as unknown as Record<string, unknown> | undefined
      if (value === undefined || ArrayBuffer.isView(value) || !('stride' in value)) return
      if (what === 'offset') value['offset'] = Number(value['offset']) === 0 ? 1 : 0
      else value['shape'] = [...(value['shape'] as number[])]
    }
  }),
  fc.nat(20).map((length): Change => {
    return ({ state }) => {
      state.text = 'x'.repeat(length)
    }
  }),
  fc.nat(1000).map((at): Change => {
    return ({ json }) => {
      json.value = { at }
    }
  }),
  fc.tuple(name, fc.boolean()).map(([name, isTrackable]): Change => {
    return ({ part, numpy }) => {
      part[name] = isTrackable ? new Variable(3) : numpy
    }
  }),
  fc.nat(9).map((value): Change => {
    return ({ list, scalar, variable }) => {
      if (value < 3) list.append(new Variable(value))
      else if (value < 6) scalar.value = value
      else
        variable.value = ndarray(
          Float32Array.from({ length: 6 }, () => value),
          [2, 3],
        )
    }
  }),
  fc.constant<Change>((_, checkpoint) => {
    checkpoint.saveCounter satisfies number
    ;(checkpoint as unknown as Record<string, object>)['more'] = new Variable(7)
  }),
)

/** Files of a save by this Checkpoint and of one by a fresh one with the same objects. */
function filesOfBoth(
  checkpoint: Checkpoint,
  directory: string,
  options: object,
): [unknown, unknown] {
  // In the order in which they were tracked.
  const fresh = Object.assign(new Checkpoint(), Object.fromEntries(Object.entries(checkpoint)))
  const outcome = (write: (prefix: string) => void, name: string): unknown => {
    try {
      write(join(directory, name, 'x'))
      return contentsOf(join(directory, name))
    } catch (error) {
      return String(error)
    }
  }
  const kept = outcome((prefix) => checkpoint.writeSync(prefix, options), 'kept')
  return [kept, outcome((prefix) => fresh.writeSync(prefix, options), 'fresh')]
}

t.test('a save equals that of a fresh Checkpoint, whatever changed since the last one', (t) => {
  const root = t.testdir()
  let run = 0
  const steps = fc.array(
    fc.tuple(fc.array(change, { maxLength: 2 }), fc.constantFrom(1, 64), fc.boolean()),
    { minLength: 2, maxLength: 8 },
  )
  fc.assert(
    fc.property(steps, (steps) => {
      // One for all saves: files that are replaced have their shard counts avoided.
      const directory = join(root, String(run++))
      const program = makeProgram()
      const checkpoint = new Checkpoint(program.children) as Checkpoint
      for (const [changes, alignment, isLimited] of steps) {
        for (const change of changes) change(program, checkpoint)
        const limit = isLimited ? { maxShardBytes: 200 } : {}
        const options = { alignment, durable: false, ...limit }
        const [kept, fresh] = filesOfBoth(checkpoint, directory, options)
        t.strictSame(kept, fresh)
      }
    }),
    { numRuns: runs(60) },
  )
  t.end()
})

/** Saves, changes, and compares the next save with one that knows of no other. */
function checkChange(t: Test, children: object, change: (checkpoint: Checkpoint) => void): void {
  const checkpoint = new Checkpoint(children)
  const directory = t.testdir()
  checkpoint.writeSync(join(directory, 'first'))
  change(checkpoint)
  const [kept, fresh] = filesOfBoth(checkpoint, directory, { alignment: 64, durable: false })
  t.strictSame(kept, fresh)
}

t.test('an array that was changed in place by force is not taken for what it was', (t) => {
  for (const changed of [
    { offset: 2 },
    { dtype: 'int32' },
    { shape: Object.freeze([2]) },
    { stride: Object.freeze([2]), shape: Object.freeze([3]) },
  ]) {
    const state = new NumpyState<{ a: NdArray }>()
    state.a = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [4])
    checkChange(t, { state }, () => Object.assign(state.a, changed))
  }
  t.end()
})

t.test('a child of another name is another child', (t) => {
  const state = new NumpyState<{ a: NdArray }>()
  state.a = zeros([3])
  const plain: Record<string, object> = { before: state }
  checkChange(t, { plain }, () => {
    delete plain['before']
    plain['behind'] = state
  })
  const part = new Trackable() as Trackable & Record<string, unknown>
  part['before'] = state
  checkChange(t, { part }, () => {
    delete part['before']
    part['behind'] = state
  })
  t.end()
})

t.test('memory that is gone is noticed, the error is that of a first save', (t) => {
  const state = new NumpyState<{ a: Float32Array }>()
  state.a = Float32Array.of(1, 2)
  const checkpoint = new Checkpoint({ state })
  const prefix = join(t.testdir(), 'x')
  checkpoint.writeSync(prefix)
  structuredClone(state.a.buffer, { transfer: [state.a.buffer as ArrayBuffer] })
  checkpoint.writeSync(prefix)
  const key = 'state/a/.ATTRIBUTES/py_state'
  t.strictSame(openCheckpointSync(prefix).has(key), true)
  const matrix = new NumpyState<{ a: NdArray }>()
  matrix.a = zeros([2, 2])
  const other = new Checkpoint({ matrix })
  other.writeSync(prefix)
  structuredClone(matrix.a.data.buffer, { transfer: [matrix.a.data.buffer as ArrayBuffer] })
  t.throws(() => {
    other.writeSync(prefix)
  }, /NumpyState property 'a' cannot be saved/)
  t.end()
})

t.test('the counter is that of each save, and two unfinished saves have their own', async (t) => {
  const state = new NumpyState<{ a: NdArray }>()
  state.a = zeros([3])
  const checkpoint = new Checkpoint({ state })
  const prefix = join(t.testdir(), 'x')
  for (const round of [0, 1, 2]) {
    state.a.data.fill((2 * round) as never)
    const first = checkpoint.save(prefix)
    state.a.data.fill((2 * round + 1) as never)
    const second = checkpoint.save(prefix)
    for (const [i, path] of (await Promise.all([first, second])).entries()) {
      const reader = openCheckpointSync(path, { verify: 'eager' })
      const counter = reader.get('save_counter/.ATTRIBUTES/VARIABLE_VALUE') as NdArray
      t.equal(Number(counter.get()), 2 * round + i + 1)
      const restored = new NumpyState<{ a: NdArray }>()
      new Checkpoint({ state: restored }).restoreSync(path)
      t.equal(restored.a.get(0), 2 * round + i)
    }
  }
})

t.test('serialize is called once for each save, though the plan turns out stale', (t) => {
  let calls = 0
  const first = { serialize: () => String(++calls), deserialize: () => undefined }
  const state = new NumpyState<{ a: NdArray }>()
  state.a = zeros([3])
  const checkpoint = new Checkpoint({ first, state })
  const prefix = join(t.testdir(), 'x')
  checkpoint.writeSync(prefix)
  checkpoint.writeSync(prefix)
  state.a = zeros([4])
  checkpoint.writeSync(prefix)
  t.equal(calls, 3)
  t.end()
})

t.test('what was replaced is not kept alive by the plan', async (t) => {
  const collect = (globalThis as { gc?: () => void }).gc
  if (collect === undefined) {
    t.fail('needs --expose-gc')
    return
  }
  const checkpoint = new Checkpoint({ part: new NumpyState() }) as Checkpoint & { part: object }
  const prefix = join(t.testdir(), 'x')
  const gone = ((): WeakRef<object>[] => {
    const state = new NumpyState<{ a: NdArray; b: NdArray }>()
    state.a = zeros([3])
    state.b = zeros([3])
    checkpoint.part = state
    checkpoint.writeSync(prefix)
    return [state, state.a].map((object) => new WeakRef(object as object))
  })()
  checkpoint.part = new NumpyState()
  for (let i = 0; i < 10 && gone.some((ref) => ref.deref()); i++) {
    await new Promise(setImmediate)
    collect()
  }
  t.notOk(gone.some((ref) => ref.deref()))
})
