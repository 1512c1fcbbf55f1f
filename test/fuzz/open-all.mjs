// Does with a checkpoint directory all that a reader can do. Throws if anything but the content or
// one of our errors comes of it, or if two ways that check everything disagree.
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)
const {
  Checkpoint,
  CheckpointManager,
  CheckpointView,
  dotGraphFromCheckpoint,
  getCheckpointState,
  isCheckpointError,
  latestCheckpoint,
  listVariables,
  NumpyState,
  objectMetadata,
  openCheckpoint,
  openCheckpointSync,
  VariableState,
} = require('../../lib')

const MODES = ['map', 'load']
const CHECKS = ['off', 'lazy', 'eager']

/** Something else than an answer; names what was done. */
function strange(what, cause) {
  return new Error(`${what}: ${cause?.name} ${cause?.message}`, { cause })
}

function attempt(what, body) {
  try {
    return { value: body() }
  } catch (error) {
    if (isCheckpointError(error)) return { code: error.code }
    throw strange(what, error)
  }
}

async function attemptLater(what, body) {
  try {
    return { value: await body() }
  } catch (error) {
    if (isCheckpointError(error)) return { code: error.code }
    throw strange(what, error)
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('latin1')

function textOf(value) {
  if (value.data === undefined) return Array.from(value, bytesOf).join('\0')
  // Whoever reads element by element must not come to an end before the shape does.
  if (value.data.length < value.size && value.itemsize !== 0) {
    throw new Error(`${value.data.length} numbers for a shape of ${value.size}`)
  }
  return bytesOf(value.data)
}

/** Every tensor and the graph, each on its own. */
function readEach(what, reader) {
  const parts = reader.variables().map(({ key }) => {
    const { value, code } = attempt(`${what}, ${key}`, () => textOf(reader.get(key)))
    return value ?? code
  })
  attempt(`${what}, the graph`, () => reader.objectGraph)
  reader.closeSync()
  return parts.join('\n')
}

function restored(prefix, options) {
  const [arrays, state] = [new NumpyState(), new VariableState()]
  const objects = { arrays, state, numpy_state: arrays, model: state, w: state }
  const checkpoint = new Checkpoint(objects)
  checkpoint.restoreSync(prefix, options)
  const texts = [arrays, state].flatMap((holder) =>
    Object.keys(holder).map((name) => `${name} ${textOf(holder[name])}`),
  )
  return `${texts.join('\n')} ${checkpoint.saveCounter}`
}

function agree(what, a, b) {
  if (a !== b)
    throw new Error(`${what} disagree: ${String(a).slice(0, 99)}, ${String(b).slice(0, 99)}`)
}

async function openOne(prefix) {
  const eager = {}
  for (const mode of MODES) {
    for (const verify of CHECKS) {
      const what = `opened, ${mode} and ${verify}`
      const options = { mode, verify }
      const opened = attempt(what, () => openCheckpointSync(prefix, options))
      const text = opened.value && readEach(what, opened.value)
      const taken = attempt(`restored, ${mode} and ${verify}`, () => restored(prefix, options))
      if (verify === 'eager') eager[mode] = { text, taken }
    }
  }
  agree('map and load', eager.map.text, eager.load.text)
  agree('map and load restored', eager.map.taken.value, eager.load.taken.value)
  attempt('list', () => listVariables(prefix))
  const verify = () => {
    const { ok } = openCheckpointSync(prefix).verifySync()
    return ok
  }
  const isWhole = attempt('verify', verify).value === true
  agree('verify and eager', isWhole, eager.map.text !== undefined)
  await attemptLater('opened later', () => openCheckpoint(prefix, { verify: 'eager' }))
  attempt('view', () => new CheckpointView(prefix).diff({ arrays: new NumpyState() }))
  attempt('metadata', () => objectMetadata(prefix))
  attempt('drawn', () => dotGraphFromCheckpoint(prefix, { pythonState: true }))
}

async function manage(directory) {
  const checkpoint = new Checkpoint({ arrays: new NumpyState() })
  const manager = new CheckpointManager(checkpoint, directory, { onWarning: () => undefined })
  try {
    await manager.restoreOrInitialize()
  } finally {
    await manager.close()
  }
}

export async function openAll(directory) {
  const names = readdirSync(directory)
  attempt('state', () => getCheckpointState(directory))
  attempt('latest', () => latestCheckpoint(directory))
  attempt('opened by its directory', () => openCheckpointSync(directory).closeSync())
  for (const name of names) {
    if (name.endsWith('.index')) await openOne(join(directory, name.slice(0, -'.index'.length)))
  }
  await attemptLater('managed', () => manage(directory))
}
