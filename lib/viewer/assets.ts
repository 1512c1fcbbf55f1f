/**
 * The files of the page: our own, and those of the packages that it uses.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { dirname, extname, join, sep } from 'node:path'
import { MODULES } from './document.js'

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export interface Asset {
  readonly type: string
  readonly content: Buffer
}

const PAGE = join(__dirname, 'page')

/** Package folders by name. Packages need not export their package.json: an entry point does. */
const packages = new Map<string, string>()

function folderOf(name: string): string {
  const known = packages.get(name)
  if (known !== undefined) return known
  for (const base of require.resolve.paths(name) ?? []) {
    const folder = join(base, name)
    try {
      readFileSync(join(folder, 'package.json'))
    } catch {
      continue
    }
    packages.set(name, folder)
    return folder
  }
  throw new Error(`package '${name}' is not installed; the page of 'view' needs it: npm install`)
}

const NAMES = new Set(Object.keys(MODULES).map((name) => name.split('/')[0] ?? ''))

/** @param path below the page's address; undefined if there is no such file */
export function assetAt(path: string): Asset | undefined {
  const type = TYPES[extname(path)]
  const parts = path.split('/')
  if (type === undefined || parts.some((part) => !/^[\w-][\w.-]*$/.test(part))) return undefined
  const [first, name = ''] = parts
  const isModule = first === 'modules'
  if (isModule && !NAMES.has(name)) return undefined
  const [base, rest] = isModule ? [folderOf(name), parts.slice(2)] : [PAGE, parts]
  const file = join(base, ...rest)
  if (!file.startsWith(dirname(base) + sep)) return undefined
  try {
    return { type, content: readFileSync(file) }
  } catch {
    return undefined
  }
}
