import { inspect } from 'node:util'
import t from 'tap'
import { Checkpoint, CheckpointManager, keepLatest, Variable } from '../../lib/index.js'
import { checkManagedSaveOptions, checkManagerOptions } from '../../lib/manager/options.js'

t.test('defaults: nothing is removed, nothing is counted', (t) => {
  const checked = checkManagerOptions({})
  t.match(checked, {
    retention: { maxToKeep: Infinity },
    checkpointName: 'ckpt',
    whenBusy: 'skip',
    verifySaves: false,
  })
  t.equal(checked.step, undefined)
  t.equal(checked.interval, undefined)
  t.strictSame(checkManagedSaveOptions({}), {
    checkpointNumber: undefined,
    checkInterval: true,
    metric: undefined,
    pinned: false,
  })
  t.end()
})

t.test('a step counter is a Variable, an object with a value or a function', (t) => {
  for (const stepCounter of [new Variable(7), new Variable(7n), { value: 7 }, () => 7, () => 7n]) {
    t.equal(checkManagerOptions({ stepCounter }).step?.(), 7)
  }
  const { step } = checkManagerOptions({ stepCounter: { value: 0.5 } })
  t.throws(() => step?.(), new TypeError('options.stepCounter must tell an integer, got 0.5'))
  t.end()
})

t.test('a metric that is no finite number is none: a run that diverges is still saved', (t) => {
  for (const metric of [NaN, Infinity, -Infinity]) {
    t.equal(checkManagedSaveOptions({ metric }).metric, undefined)
  }
  t.equal(checkManagedSaveOptions({ metric: -0.5 }).metric, -0.5)
  t.end()
})

t.test('bad options are named', (t) => {
  const cases: [object | null, RegExp][] = [
    [null, /^options must be an object, got null$/],
    [
      { maxToKeep: 0 },
      /^options.maxToKeep must be a positive integer, or null to keep all, got 0$/,
    ],
    [{ maxToKeep: 1.5 }, /maxToKeep/],
    [{ maxToKeep: '3' }, /maxToKeep/],
    [{ keepEveryNHours: 0 }, /^options.keepEveryNHours must be positive, got 0$/],
    [{ keepEveryNHours: '1' }, /^options.keepEveryNHours must be a number, got '1'$/],
    [{ retention: 3 }, /^options.retention must be a function or an array of functions, got 3$/],
    [{ retention: [] }, /retention/],
    [{ retention: keepLatest(1), maxToKeep: 3 }, /maxToKeep is the policy keepLatest/],
    [{ retention: keepLatest(1), keepEveryNHours: 3 }, /keepEveryNHours is keepEvery/],
    [{ checkpointName: 3 }, /^options.checkpointName must be a string, got 3$/],
    [{ checkpointName: '' }, /file name without a slash, got ''/],
    [{ checkpointName: 'a/b' }, /file name without a slash, got 'a\/b'/],
    [{ stepCounter: 3 }, /^options.stepCounter must be a Variable, .* got 3$/],
    [{ checkpointInterval: 5 }, /needs options.stepCounter/],
    [{ checkpointInterval: 0, stepCounter: () => 1 }, /checkpointInterval must be positive, got 0/],
    [{ checkpointIntervalSeconds: NaN }, /checkpointIntervalSeconds must be positive, got NaN/],
    [{ initFn: 1 }, /^options.initFn must be a function, got 1$/],
    [{ onWarning: 1 }, /^options.onWarning must be a function, got 1$/],
    [{ verifySaves: 1 }, /^options.verifySaves must be a boolean, got 1$/],
    [{ whenBusy: 'never' }, /^options.whenBusy must be one of 'skip', 'wait'; got 'never'$/],
    [{ lastCheckpointStep: -1 }, /lastCheckpointStep must be an integer of 0 or more, got -1/],
  ]
  for (const [options, message] of cases) {
    t.throws(() => checkManagerOptions(options as object), { message }, inspect(options))
  }
  const saves: [object | null, RegExp][] = [
    [null, /^options must be an object, got null$/],
    [{ metric: '1' }, /^options.metric must be a number, got '1'$/],
    [{ pin: 1 }, /^options.pin must be a boolean, got 1$/],
    [{ checkInterval: 1 }, /^options.checkInterval must be a boolean, got 1$/],
    [
      { checkpointNumber: 1.5 },
      /^options.checkpointNumber must be an integer of 0 or more, got 1.5$/,
    ],
    [{ checkpointNumber: '1' }, /^options.checkpointNumber must be a number, got '1'$/],
  ]
  for (const [options, message] of saves) {
    t.throws(() => checkManagedSaveOptions(options as object), { message }, inspect(options))
  }
  t.end()
})

t.test('arguments of the constructor', (t) => {
  const directory = t.testdir()
  const make =
    (...args: unknown[]) =>
    () =>
      new CheckpointManager(...(args as ConstructorParameters<typeof CheckpointManager>))
  t.throws(make({}, directory), { name: 'TypeError', message: /^checkpoint must be a Checkpoint/ })
  t.throws(make(null, directory), { name: 'TypeError' })
  t.throws(make(new Checkpoint(), 3), {
    message: 'directory must be a string or a file URL, got 3',
  })
  t.throws(make(new Checkpoint(), `${directory}/a[1]`), { name: 'RangeError', message: /pattern/ })
  t.end()
})
