/**
 * A user's module of objects that hold others. types.test.ts compiles it; it never runs. Each wrong
 * use is marked: the compiler complains about a mark without an error.
 */
import {
  Checkpoint,
  JsonState,
  List,
  Mapping,
  NumpyState,
  OptimizerState,
  splitDependency,
  Trackable,
  UniqueNameTracker,
  Variable,
  VariableState,
  zeros,
  type ArrayInput,
  type MappingInput,
  type NdArray,
  type RestoreStatus,
  type SlotKey,
  type SplitValue,
} from 'ndcheckpoint'

/** Compiles only if both are the same type, neither wider nor narrower. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._: Same<A, B> extends true ? [] : [never]): void {}

/** A function, so that nothing is saved if the file is run after all. */
export async function program(): Promise<object> {
  const list = new List([new Variable(0)])
  same<typeof list, List<Variable<number>>>()
  list.append(new Variable(1))
  list[2] = new Variable(2)
  const step: number | undefined = list.at(-1)?.value
  const sum = [...list.concat(list)].reduce((total, { value }) => total + value, list.length)
  // @ts-expect-error: of another kind than the others
  list.append(new NumpyState<{ x: NdArray }>())
  // @ts-expect-error: no number is trackable
  void new List([1])
  // @ts-expect-error: read-only
  list.length = 0

  const mapping = new Mapping({ a: new Variable(1n) })
  same<typeof mapping, Mapping<Variable<bigint>>>()
  const size: number = mapping.set('b', new Variable(2n)).size
  const big: bigint | undefined = mapping.get('b')?.value
  for (const [key, { value }] of mapping) same<[typeof key, typeof value], [string, bigint]>()
  const input: MappingInput<object> = new Map([['a', list]])
  // @ts-expect-error: keys are strings
  mapping.set(1, new Variable(1n))
  // @ts-expect-error: there is no deletion
  void mapping.delete

  const tracker = new UniqueNameTracker()
  same<ReturnType<typeof tracker.track<typeof list>>, typeof list>()
  const tracked: Variable<boolean> = tracker.track(new Variable(true), 'x')

  interface Config {
    rate: number
    layers?: number[]
  }
  const config = new JsonState<Config>({ rate: 0.1 })
  config.value.layers = [1]
  config.value = { rate: 1 }
  // @ts-expect-error: the value has no such part
  config.value.rates = 1
  // @ts-expect-error: a value is needed
  void new JsonState()

  const model = new VariableState<{ w: NdArray }>()
  class Adam extends OptimizerState {
    beta1_power = new Variable(0.9, 'float32')
  }
  const adam = new Adam()
  const key: SlotKey = [model, 'w']
  adam.setSlot(key, 'm', zeros([2]))
  adam.setSlot(tracked, 'm', new Float32Array(1))
  const slot: ArrayInput | undefined = adam.getSlot(list[0] ?? key, 'm')
  const names: string[] = adam.getSlotNames()
  // @ts-expect-error: a state and the name of an array
  adam.getSlot([model], 'm')

  class Fused extends Trackable {
    readonly parts: Record<'a' | 'b', SplitValue> = splitDependency(
      ['a', 'b'],
      ['float32', 'int8'],
      () => ({ a: new Float32Array(1), b: zeros([], 'int8') }),
      ({ a, b }) => {
        same<[typeof a, typeof b], [NdArray, NdArray]>()
      },
    )
  }
  // @ts-expect-error: fill has to return all of them
  splitDependency(['a', 'b'], ['int8', 'int8'], () => ({ a: zeros([]) }), console.log)
  // @ts-expect-error: no such dtype
  splitDependency(['a'], ['text'], () => ({ a: zeros([]) }), console.log)

  const children = { adam, config, fused: new Fused(), list, mapping, model, tracker }
  const checkpoint = new Checkpoint({ ...children, more: new Mapping(input) })
  const status: RestoreStatus = (await checkpoint.restore('a')).runRestoreOps()
  status.initializeOrRestore().assertConsumed()
  const rate: number = checkpoint.config.value.rate
  return { big, names, rate, size, slot, step, sum }
}
