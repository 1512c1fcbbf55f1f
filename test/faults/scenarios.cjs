// What may meet a fault, one of everything that touches files. A scenario has
// - `prepare(directory)`, which gives what the others get as `world`;
// - `before(world)`, optional: done without a fault before each;
// - `act(world, step)`: what is tried; it may fail, with a CheckpointError;
// - `changes`: false for what only reads;
// - `after(world)`, optional: more of what is done without a fault after each;
// - `check(world, outcome)`, optional: complains by an error;
// - `isQuick`: false for what the suite has no time for;
// - `kinds`, optional: in the suite only calls of these fail;
// - `allocations`, optional: in the suite every so many of them fails.
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
const { FORGET } = require('../../lib/checkpoint/checkpoint.js')
const {
  enlarge,
  fill,
  incrementalOf,
  makeState,
  SHARDED,
  steady,
  stepOf,
} = require('../fixtures/steps.cjs')

/** CKPT_DETECT: another way to find what has changed. */
const INCREMENTAL = incrementalOf(process.env.CKPT_DETECT ?? 'compare')
/** What it writes is known to the next save, and known not to be on the disk. */
const UNSYNCED = {
  ...SHARDED,
  incremental: { ...INCREMENTAL.incremental, maxLinks: 0 },
  durable: false,
}

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

/**
 * A program whose saves write only what has changed. It compares with its copy of the last save, or,
 * with `files`, with the data files of the last checkpoint.
 */
const incremental = (options, { sync = false, files = false, isQuick = false } = {}) => ({
  changes: true,
  isQuick,
  allocations: 12,
  prepare(directory) {
    const { state, checkpoint } = makeState(0)
    steady(state)
    return { directory, state, checkpoint, prefix: join(directory, 'ckpt') }
  },
  async before(world) {
    // The fault is to meet links: there has to be something to link to.
    await saveTold(world, options, sync)
    if (world.report.kind !== 'incremental') await saveTold(world, options, sync)
    if (world.report.kind !== 'incremental') throw new Error(`full: ${world.report.reason}`)
  },
  async act(world, step) {
    fill(world.state, step)
    if (files) world.checkpoint[FORGET]()
    return saveTold(world, options, sync)
  },
  check({ report }, { error }) {
    if (error !== undefined && report !== undefined) throw new Error('it failed and was reported')
    if (error !== undefined || report.kind === 'incremental') return
    if (typeof report.reason !== 'string') throw new Error('it is full and does not tell why')
  },
})

async function saveTold(world, options, sync) {
  const { checkpoint, prefix } = world
  world.report = undefined
  const told = { ...INCREMENTAL, ...options, onReport: (report) => (world.report = report) }
  return sync ? checkpoint.saveSync(prefix, told) : checkpoint.save(prefix, told)
}

/**
 * The first of two saves fails when its links are made: if one of them could not be synced, then the
 * second must not take the kernel's word for the same file.
 */
const givenUp = (earlier) => ({
  ...incremental(SHARDED, { isQuick: true }),
  kinds: ['sync', 'link', 'stat'],
  before: ({ checkpoint, prefix }) => checkpoint.save(prefix, earlier),
  async act(world, step) {
    fill(world.state, step)
    const onProgress = () => {
      throw new Error('given up')
    }
    await saveTold(world, { ...SHARDED, onProgress }).catch(() => undefined)
    return saveTold(world, SHARDED)
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

/** A manager whose checkpoints have files in common. */
const sharing = () => {
  const managed = managing(INCREMENTAL)
  return {
    ...managed,
    isQuick: false,
    prepare(directory) {
      const world = managed.prepare(directory)
      steady(world.state)
      return world
    },
  }
}

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
  'save, incremental': incremental(),
  'save, incremental, sharded': incremental(SHARDED),
  'save, incremental, compared with files': incremental(SHARDED, { files: true, isQuick: true }),
  'save, incremental, none': incremental({ snapshot: 'none' }),
  'save, incremental, fork': incremental({ snapshot: 'fork' }),
  'saveSync, incremental': incremental(SHARDED, { sync: true }),
  'save, incremental, on files that were not synced': {
    ...incremental(SHARDED),
    before: ({ checkpoint, prefix }) => checkpoint.save(prefix, UNSYNCED),
  },
  'save, incremental, after one that was given up': givenUp(UNSYNCED),
  'save, incremental, with files, after one that was given up': givenUp({
    ...SHARDED,
    durable: false,
  }),
  'manager.save, incremental': sharing(),
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
