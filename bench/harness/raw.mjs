/** Builds bench/raw with the system's compiler at first use, and runs it. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const sources = join(import.meta.dirname, '../raw')
const binary = join(import.meta.dirname, '../results/raw')

/** The limits of a larger state are measured with so many bytes, and multiplied. */
const MOST_BYTES = 2 ** 31

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

export async function buildRaw() {
  const newest = Math.max(...readdirSync(sources).map((name) => modified(join(sources, name))))
  if (modified(binary) > newest) return
  mkdirSync(join(binary, '..'), { recursive: true })
  const flags = ['-O3', '-std=c++20', '-pthread']
  await run(process.env.CXX ?? 'g++', [...flags, join(sources, 'raw.cc'), '-o', binary])
}

/** @returns milliseconds by name, for `bytes` as it would be if it grew with them */
async function figures(bytes, command) {
  const part = Math.min(bytes, MOST_BYTES)
  const { stdout } = await run(binary, command(part).map(String))
  const rows = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const factor = bytes / part
  return Object.fromEntries(rows.map(({ name, ms }) => [name, name === 'map' ? ms : ms * factor]))
}

export const rawCopy = (bytes) => figures(bytes, (part) => ['copy', part])

export const rawWrite = (directory, bytes, round) =>
  figures(bytes, (part) => ['write', directory, part, round])

/** @param cold drop the file from the page cache before each read */
export const rawRead = (path, cold, round) =>
  figures(statSync(path).size, (part) => ['read', path, cold ? 'cold' : 'warm', round, part])

export const warmFreeMemory = (bytes) => run(binary, ['touch', String(Math.round(bytes))])

/** So many paths are handed over at a time: a command line has a limit. */
const PATHS = 1000

async function forFiles(command, paths) {
  for (let i = 0; i < paths.length; i += PATHS) {
    await run(binary, [command, ...paths.slice(i, i + PATHS)])
  }
}

/** Drops files from the page cache. */
export const dropFiles = (paths) => forFiles('drop', paths)

/** Brings files into the page cache. */
export const fillCache = (paths) => forFiles('fill', paths)

/** Another process that writes and syncs without end. @returns what stops it */
export async function startLoad(directory) {
  const child = spawn(binary, ['load', directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  // It says so when its file is laid out and the writing begins.
  await once(child.stdout, 'data')
  return async () => {
    child.stdin.end()
    await ended
  }
}
