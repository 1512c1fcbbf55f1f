/**
 * A user's module of variables, classes of its own and restores in part. types.test.ts compiles it;
 * it never runs. Each wrong use is marked: the compiler complains about a mark without an error.
 */
import {
  Checkpoint,
  NoDependency,
  NumpyState,
  trackable,
  Trackable,
  Variable,
  VariableState,
  zeros,
  type AnyArrays,
  type ArrayInput,
  type NdArray,
  type PythonState,
  type Remap,
  type RestoredValue,
  type RestoreOptions,
  type RestoreStatus,
  type TrackableObject,
  type VariableOptions,
  type VariableValue,
} from 'ndcheckpoint'

/** Compiles only if both are the same type, neither wider nor narrower. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._: Same<A, B> extends true ? [] : [never]): void {}

/** A class that names its children, private ones among them, and keeps a state. */
class Agent implements TrackableObject, PythonState {
  readonly #memory = new Variable(0)
  readonly policy = new NumpyState<{ w: NdArray }>()
  rate = 0.1;
  [trackable](): Record<string, unknown> {
    return { policy: this.policy, memory: this.#memory }
  }
  serialize(): string {
    return String(this.rate)
  }
  deserialize(bytes: Uint8Array): void {
    this.rate = Number(bytes.toString())
  }
}

class Layer extends Trackable {
  readonly kernel = new Variable(zeros([3, 4], 'float32'))
  readonly scratch: unknown = new NoDependency(new Float32Array(3))
  readonly name: string

  constructor(name: string) {
    super()
    this.name = name
  }
}

class Model extends Layer implements PythonState {
  layers: Layer[] = []
  serialize(): Uint8Array {
    return Buffer.of(this.layers.length)
  }
  deserialize([count = 0]: Uint8Array): void {
    this.layers = Array.from({ length: count }, (_, i) => new Layer(String(i)))
  }
}

class Wrong implements PythonState {
  serialize(): string {
    return ''
  }
  // @ts-expect-error: a state is given bytes
  deserialize(text: string): void {
    console.log(text)
  }
}

/** A function, so that nothing is saved if the file is run after all. */
export async function program(): Promise<object> {
  // Variables keep the type of what they were made of.

  const step = new Variable(0, 'int64')
  same<typeof step, Variable<number>>()
  step.value += 1
  // @ts-expect-error: it counts by numbers
  step.value = 1n
  const big: bigint = new Variable(1n).value
  const flag: boolean = new Variable(false, 'bool').value
  const kernel = new Variable(zeros([3, 4], 'float32'))
  same<typeof kernel, Variable<NdArray<'float32'>>>()
  kernel.value.set(0, 0, 1)
  const bias = new Variable(new Float32Array(4), undefined, { name: 'dense/bias' })
  bias.value[0] = 1
  const half = new Variable(new Uint16Array(2), 'bfloat16')
  const parts: Variable = new Variable({ data: new Int8Array(4), shape: [2, 2] })
  const any: VariableValue = parts.value
  const options: VariableOptions = { name: 'w' }
  const named = new Variable(1, 'float32', options)
  // @ts-expect-error: no such dtype
  void new Variable(1, 'float33')
  // @ts-expect-error: no such value
  void new Variable('text')
  // @ts-expect-error: fixed
  step.dtype = 'int32'
  // @ts-expect-error: fixed
  kernel.shape[0] = 2

  // States of variables, declared or not.

  const dense = new VariableState<{ kernel: NdArray; bias?: Float32Array }>()
  dense.kernel = zeros([3, 4])
  delete dense.bias
  // @ts-expect-error: no such name
  dense.kernal = zeros([3, 4])
  const found = new VariableState()
  same<typeof found, AnyArrays>()
  const inputs: ArrayInput[] = Object.values(found)

  // Children of a Checkpoint, of every kind.

  const agent = new Agent()
  const model = new Model('m')
  const checkpoint = new Checkpoint({ agent, model, step, list: [{ dense }], kernel })
  same<typeof checkpoint.step, Variable<number>>()
  const rate: number = checkpoint.agent.rate
  const name: string | undefined = checkpoint.model.layers[0]?.name
  checkpoint.list[0]?.dense.kernel.set(0, 1)
  const rooted = new Checkpoint({ root: model, step })
  same<typeof rooted.root, Model>()
  const late = new Checkpoint<{ model?: Model; scratch?: unknown }>()
  late.model = new Model('late')
  late.scratch = new NoDependency({ any: 'thing' })

  // Restores in part, and what they tell.

  const remap: Remap = { 'model/old': 'model/new' }
  const filters: RestoreOptions['filter'][] = [
    'model/',
    ['a', 'b'],
    (key) => key.length > 3,
    undefined,
  ]
  const partly: RestoreOptions = { filter: 'model/', remap, skipSlotVariables: true, mode: 'load' }
  const status: RestoreStatus = await checkpoint.restore('run/ckpt-1', partly)
  await checkpoint.read('run/ckpt-1', { remap: (path) => path.toLowerCase() })
  // @ts-expect-error: a path for each path
  await checkpoint.read('run/ckpt-1', { remap: () => 1 })
  // @ts-expect-error: no pattern
  await checkpoint.read('run/ckpt-1', { filter: /model/ })
  // @ts-expect-error: an option of restores
  await checkpoint.save('run/ckpt', { filter: 'model/' })
  const chained: RestoreStatus = status
    .assertConsumed()
    .assertExistingObjectsMatched()
    .assertNontrivialMatch()
    .expectPartial()
  const lists: readonly RestoredValue[][] = [
    chained.matched,
    chained.missingInProgram,
    chained.missingInCheckpoint,
  ]
  for (const { key, dtype, shape } of lists.flat()) {
    same<[typeof key, typeof dtype], [string, string]>()
    const axes: readonly number[] = shape
    console.log(axes.length)
  }
  // @ts-expect-error: read-only
  status.restored = 1

  return {
    agent,
    any,
    big,
    bias,
    filters,
    flag,
    half,
    inputs,
    late,
    name,
    named,
    rate,
    rooted,
    Wrong,
  }
}
