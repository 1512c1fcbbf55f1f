/**
 * Python's libraries, each in a process of its own: python/. They do not sync; the files and the
 * directory are synced after the save, and that counts as durable.
 */
import { tooManyArrays } from './common.mjs'

/** What a library promises by itself, and how many times the state it holds. */
const library = (modules, way, title, details) => {
  const { promises, saveMemory, restoreMemory, restores = ['restore'], refuses } = details
  const python = { modules: ['numpy', ...modules], way }
  const common = { peer: 'python', every: 2, refuses }
  const save = `${title}, save`
  return [
    {
      name: save,
      kind: 'save',
      python,
      promises,
      memory: saveMemory,
      saves: 2,
      ...common,
    },
    ...restores.map((restore) => ({
      name: `${title}, ${restore}`,
      kind: 'restore',
      python: { ...python, restore },
      promises: 'private, writable',
      limit: 'pread',
      format: save,
      memory: restoreMemory,
      restores: 1,
      ...common,
    })),
  ]
}

const minutes = (most) => tooManyArrays(most, 'so many objects of tf.train.Checkpoint take minutes')

export default [
  ...library(['tensorflow'], 'tensorflow_variables', 'TensorFlow, variables', {
    promises: 'whole or absent, synced by us',
    saveMemory: 3,
    restoreMemory: 3,
    refuses: minutes(5000),
  }),
  ...library(['tensorflow'], 'tensorflow_state', 'TensorFlow, Python state', {
    promises: 'whole or absent, synced by us',
    saveMemory: 4,
    restoreMemory: 4,
    refuses: minutes(5000),
  }),
  ...library(['safetensors'], 'safetensors_file', 'safetensors', {
    promises: 'synced by us',
    saveMemory: 2,
    restoreMemory: 2,
  }),
  ...library(['torch'], 'torch_file', 'torch', {
    promises: 'synced by us',
    saveMemory: 2,
    restoreMemory: 1.2,
    restores: ['load', 'load mapped'],
  }),
  ...library([], 'numpy_npz', 'numpy.savez', {
    promises: 'synced by us',
    saveMemory: 1.2,
    restoreMemory: 1.2,
  }),
]
