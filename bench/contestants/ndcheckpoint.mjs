/** This library, in each of its ways. */
import { join } from 'node:path'
import { createRequire } from 'node:module'

// Loaded when a contest begins, in the child: the runner itself needs no built library.
const load = () => createRequire(import.meta.url)('../../lib/index.js')

function open(specs) {
  const { Checkpoint, NumpyState } = load()
  const groups = {}
  for (const { group } of specs) groups[group] ??= new NumpyState()
  return { checkpoint: new Checkpoint(groups), groups }
}

function openWith(state) {
  const { ndarray } = load()
  const { checkpoint, groups } = open(state)
  for (const { group, name, shape, data } of state) groups[group][name] = ndarray(data, shape)
  return checkpoint
}

const saving = (name, promises, memory, save) => ({
  name: `ndcheckpoint ${name}`,
  kind: 'save',
  promises,
  memory,
  open(state) {
    const checkpoint = openWith(state)
    return { save: (directory) => save(checkpoint, join(directory, 'ckpt')) }
  },
})

/**
 * As a training run saves: into one directory, the oldest is dropped and its file used again.
 *
 * @param memory in states
 */
const managed = (name, memory, options) => ({
  name: `ndcheckpoint manager, ${name}`,
  kind: 'save',
  promises: 'snapshot, atomic, durable; two are kept',
  memory,
  disk: 4,
  saves: 6,
  steadyFrom: 3,
  oneDirectory: true,
  open(state) {
    const checkpoint = openWith(state)
    let manager
    let report
    return {
      save(directory) {
        const { CheckpointManager } = load()
        const onReport = (last) => (report = last)
        manager ??= new CheckpointManager(checkpoint, directory, {
          maxToKeep: 2,
          onReport,
          ...options,
        })
        return manager.save()
      },
      latest: () => manager.latestCheckpoint,
      written: () => report.bytesWritten,
      close: () => manager.close(),
    }
  },
})

const restoring = (name, limit, promises, options) => ({
  name: `ndcheckpoint restore, ${name}`,
  kind: 'restore',
  limit,
  format: 'ndcheckpoint save, none',
  promises,
  async open(specs) {
    const { checkpoint, groups } = open(specs)
    return {
      restore: (directory) => checkpoint.restore(join(directory, 'ckpt-1'), options),
      arrays: () => specs.map(({ group, name }) => groups[group][name].data),
    }
  },
})

export default [
  saving('save, copy', 'snapshot, atomic, durable', 2, (checkpoint, prefix) =>
    checkpoint.save(prefix),
  ),
  managed('copy', 2),
  managed('incremental', 2, { incremental: true }),
  managed('incremental, tracked', 2, { incremental: { detect: 'track' } }),
  saving('save, fork', 'snapshot, atomic, durable', 1, (checkpoint, prefix) =>
    checkpoint.save(prefix, { snapshot: 'fork' }),
  ),
  saving('save, none', 'atomic, durable', 1, (checkpoint, prefix) =>
    checkpoint.save(prefix, { snapshot: 'none' }),
  ),
  saving('saveSync', 'snapshot, atomic, durable', 1, (checkpoint, prefix) =>
    checkpoint.saveSync(prefix),
  ),
  restoring('map, verify off', 'JSON.parse', 'private, writable', { verify: 'off' }),
  restoring('map, verify lazy', 'JSON.parse', 'private, writable, verified at first use', {
    verify: 'lazy',
  }),
  restoring('map, verify eager', 'sum', 'private, writable, verified', { verify: 'eager' }),
  restoring('load', 'pread', 'private, writable, verified', { mode: 'load' }),
  {
    name: 'event loop while another process writes',
    kind: 'loop',
    promises: 'save, copy',
    memory: 2,
    disk: 3,
    saves: 'ndcheckpoint save, copy',
  },
]
