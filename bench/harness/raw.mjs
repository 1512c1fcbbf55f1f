/** Builds bench/raw with the system's compiler at first use, and runs it. */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const sources = join(import.meta.dirname, '../raw')
const binary = join(import.meta.dirname, '../results/raw')

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

export async function buildRaw() {
  const newest = Math.max(...readdirSync(sources).map((name) => modified(join(sources, name))))
  if (modified(binary) > newest) return
  mkdirSync(join(binary, '..'), { recursive: true })
  const flags = ['-O3', '-std=c++20', '-pthread']
  await run(process.env.CXX ?? 'g++', [...flags, join(sources, 'raw.cc'), '-o', binary])
}

/** @returns milliseconds by name */
async function figures(...args) {
  const { stdout } = await run(binary, args.map(String))
  const rows = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return Object.fromEntries(rows.map(({ name, ms }) => [name, ms]))
}

export const rawCopy = (bytes) => figures('copy', bytes)

export const rawWrite = (directory, bytes, round) => figures('write', directory, bytes, round)

/** @param cold drop the file from the page cache before each read */
export const rawRead = (path, cold, round) => figures('read', path, cold ? 'cold' : 'warm', round)

export const warmFreeMemory = (bytes) => run(binary, ['touch', String(Math.round(bytes))])

/** Drops files from the page cache. */
export const dropFiles = (paths) => run(binary, ['drop', ...paths])
