// What may meet a fault, one of everything that touches files. A scenario has
// - `prepare(directory)`, which gives what the others get as `world`;
// - `before(world)`, optional: done without a fault before each;
// - `act(world, step)`: what is tried; it may fail, with a CheckpointError;
// - `changes`: false for what only reads;
// - `after(world)`, optional: more of what is done without a fault after each;
// - `check(world, outcome)`, optional: complains by an error.
'use strict'
const { join } = require('node:path')
const {
  CheckpointManager,
  latestCheckpoint,
  openCheckpoint,
  openCheckpointSync,
  removeCheckpointSync,
  updateCheckpointStateSync,
} = require('../../lib')
const { enlarge, fill, makeState, SHARDED, stepOf } = require('../fixtures/steps.cjs')

/** A program that saves under numbers. */
const saving = (options, { sync = false, large = false } = {}) => ({
  changes: true,
  prepare(directory) {
    const { state, checkpoint } = makeState(0)
    if (large) enlarge(state)
    return { directory, state, checkpoint, prefix: join(directory, 'ckpt') }
  },
  async act({ state, checkpoint, prefix }, step) {
    fill(state, step)
    return sync ? checkpoint.saveSync(prefix, options) : checkpoint.save(prefix, options)
  },
})

/** The same by a manager, which removes what is old and writes over its files. */
const managing = (options) => ({
  changes: true,
  prepare(directory) {
    const { state, checkpoint } = makeState(0)
    enlarge(state)
    const warnings = []
    const onWarning = (warning) => warnings.push(warning)
    const manager = new CheckpointManager(checkpoint, directory, { maxToKeep: 2, onWarning })
    return { directory, state, checkpoint, manager, prefix: join(directory, 'ckpt') }
  },
  async act({ state, manager }, step) {
    fill(state, step)
    return manager.save(options)
  },
  close: ({ manager }) => manager.close(),
})

/** A program that reads the checkpoint that is there. */
const reading = (act) => ({
  changes: false,
  prepare(directory) {
    const saved = makeState(1)
    saved.checkpoint.saveSync(join(directory, 'ckpt'), SHARDED)
    saved.checkpoint.saveSync(join(directory, 'ckpt'), SHARDED)
    return { directory, ...makeState(7), prefix: join(directory, 'ckpt-2') }
  },
  act,
  check({ state, isRestored = false }) {
    const step = stepOf(state)
    if (step !== (isRestored ? 1 : 7)) throw new Error(`the state is of step ${step}`)
  },
})

/** Restores, and uses all arrays. */
const restoring = (options, sync = false) =>
  reading(async (world) => {
    const { checkpoint, state, prefix } = world
    fill(state, 7)
    world.isRestored = false
    if (sync) checkpoint.restoreSync(prefix, options)
    else await checkpoint.restore(prefix, options)
    world.isRestored = true
    // At their first use arrays may meet a fault as well; at the next one all is well.
    stepOf(state)
  })

exports.scenarios = {
  'save, copy, sharded': saving(SHARDED),
  'save, none, buffered': saving({ snapshot: 'none', writer: 'buffered' }),
  'save, copy, direct': saving({ writer: 'direct' }, { large: true }),
  'save, copy, map': saving({ writer: 'map' }),
  'save, fork': saving({ snapshot: 'fork' }),
  'saveSync, sharded': saving(SHARDED, { sync: true }),
  'save, not durable': saving({ durable: false }),
  write: {
    ...saving(),
    async act({ directory, state, checkpoint }, step) {
      fill(state, step)
      return checkpoint.write(join(directory, 'same'), SHARDED)
    },
    // What one write could not remove is the next one's to remove.
    after: ({ directory, checkpoint }) => checkpoint.write(join(directory, 'same'), SHARDED),
  },
  'save into a new directory': {
    ...saving(),
    async act({ directory, state, checkpoint }, step) {
      fill(state, step)
      return checkpoint.save(join(directory, `new-${step}`, 'deep', 'ckpt'))
    },
  },
  'manager.save': managing(),
  'manager.save, fork': managing({ snapshot: 'fork' }),
  remove: {
    ...saving(SHARDED),
    // What was saved without a fault is removed with one.
    before: ({ checkpoint, directory }) => checkpoint.save(join(directory, 'ckpt'), SHARDED),
    act: async ({ directory }) => removeCheckpointSync(latestCheckpoint(directory)),
  },
  updateCheckpointState: {
    ...saving(SHARDED),
    async act({ directory }) {
      updateCheckpointStateSync(directory, { modelCheckpointPath: latestCheckpoint(directory) })
    },
  },
  'restore, map': restoring({ verify: 'lazy' }),
  'restore, eager': restoring({ verify: 'eager' }),
  'restore, load': restoring({ mode: 'load' }),
  'restoreSync, load': restoring({ mode: 'load' }, true),
  verify: reading(async ({ prefix }) => {
    const reader = await openCheckpoint(prefix)
    try {
      const { ok, problems } = await reader.verify()
      if (!ok) throw new Problems(problems)
    } finally {
      await reader.close()
    }
  }),
  'openCheckpointSync, eager': reading(async ({ prefix }) => {
    openCheckpointSync(prefix, { verify: 'eager' }).closeSync()
  }),
}

/** What a report says of a file that could not be read: no exception, so one is made of it. */
class Problems extends Error {
  constructor(problems) {
    super(problems.map(({ reason }) => reason).join('; '))
    this.name = 'Problems'
    this.code = problems[0].code
  }
}
