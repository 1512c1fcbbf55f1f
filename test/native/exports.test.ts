/** One list of sources serves two builds: both addons must have the same surface. */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const root = join(__dirname, '../..')
const run = promisify(execFile)

/** The addon that a build left in a folder; obj.target/ holds the linker's copy of it. */
function addonIn(folder: string): string | undefined {
  const directory = join(root, folder)
  if (!existsSync(directory)) return undefined
  const found = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /(^|\/)ndcheckpoint\.node$/.test(path) && !path.includes('obj.target'),
  )
  return found[0] === undefined ? undefined : join(directory, found[0])
}

/** Names and kinds of the exports, and the members of classes; each addon in a process of its own. */
async function exportsOf(addon: string): Promise<unknown> {
  const program = `
    const members = (value) => typeof value === 'function' && value.prototype
      ? Object.getOwnPropertyNames(value.prototype).sort() : []
    const entries = Object.entries(require(process.argv[1]))
    console.log(JSON.stringify(entries.sort().map(([n, v]) => [n, typeof v, members(v)])))`
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { stdout } = await run(process.execPath, ['-e', program, addon], { env })
  return JSON.parse(stdout)
}

const NODE_GYP = addonIn('build')
const CMAKE = addonIn('build-cmake')

const missing = (addon: string | undefined, command: string): string | false =>
  addon === undefined ? `not built: npm run ${command}` : false

void t.test(
  "the addon exports what lib/native.ts calls, and its classes' members",
  { skip: missing(NODE_GYP, 'build:native') },
  async (t) => {
    const names = (await exportsOf(NODE_GYP ?? '')) as [string, string, string[]][]
    t.strictSame(
      names.map(([name, kind]) => `${name} ${kind}`),
      [
        'Job function',
        'PageTracker function',
        'checksum function',
        'commit function',
        'compareRows function',
        'coolStaging function',
        'counts function',
        'crc32c function',
        'crc32cImplementation function',
        'createSnapshot function',
        'createSpareShards function',
        'discard function',
        'linkShards function',
        'load function',
        'lockDirectory function',
        'openMappings function',
        'removeFiles function',
        'trackingAvailable function',
        'writeShards function',
      ],
    )
    t.strictSame(names[0]?.[2], ['cancel', 'cancelled', 'constructor', 'done'])
  },
)

void t.test(
  'the addons of node-gyp and of cmake-js export the same',
  { skip: missing(NODE_GYP, 'build:native') || missing(CMAKE, 'build:cmake') },
  async (t) => {
    t.strictSame(await exportsOf(CMAKE ?? ''), await exportsOf(NODE_GYP ?? ''))
  },
)
