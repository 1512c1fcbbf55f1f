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

const saving = (name, promises, save) => ({
  name: `ndcheckpoint ${name}`,
  kind: 'save',
  promises,
  open(state) {
    const { ndarray } = load()
    const { checkpoint, groups } = open(state)
    for (const { group, name, shape, data } of state) groups[group][name] = ndarray(data, shape)
    return { save: (directory) => save(checkpoint, join(directory, 'ckpt')) }
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
  saving('save, copy', 'snapshot, atomic, durable', (checkpoint, prefix) =>
    checkpoint.save(prefix),
  ),
  saving('save, none', 'atomic, durable', (checkpoint, prefix) =>
    checkpoint.save(prefix, { snapshot: 'none' }),
  ),
  saving('saveSync', 'snapshot, atomic, durable', (checkpoint, prefix) =>
    checkpoint.saveSync(prefix),
  ),
  restoring('map, verify off', 'JSON.parse', 'private, writable', { verify: 'off' }),
  restoring('map, verify lazy', 'JSON.parse', 'private, writable, verified at first use', {
    verify: 'lazy',
  }),
  restoring('map, verify eager', 'sum', 'private, writable, verified', { verify: 'eager' }),
  restoring('load', 'pread', 'private, writable, verified', { mode: 'load' }),
]
