/**
 * From calls of the system to what they do to files and directories below a root, each known by a
 * number of its own: names change, and the system uses its numbers again.
 *
 * @module
 */
import { join, relative } from 'node:path'
import { bytesOf, pathOf, textOf, type Call } from './parse'

/** The root directory, which is there before all else. */
export const ROOT = 0

/** An entry of a directory gets another value. */
export interface Change {
  readonly directory: number
  readonly name: string
  /** Null: it is gone. */
  readonly file: number | null
}

/** A line of JSON that the program wrote to its standard output, and of which we know its time. */
export type Mark = Readonly<Record<string, unknown>>

export type Operation = {
  readonly began: number
  readonly ended: number
  /** For messages. */
  readonly what: string
} & (
  | { readonly kind: 'entries'; readonly changes: readonly Change[]; readonly made?: Made }
  | { readonly kind: 'write'; readonly file: number; readonly offset: number; bytes: Uint8Array }
  /** With `grows` a longer file keeps its size. */
  | { readonly kind: 'size'; readonly file: number; readonly size: number; readonly grows: boolean }
  | { readonly kind: 'sync'; readonly file: number }
  | { readonly kind: 'mark'; readonly mark: Mark }
)

export interface Made {
  readonly file: number
  readonly isDirectory: boolean
}

type Write = Extract<Operation, { kind: 'write' }>

/** What an operation is beside its time. */
type Step = WithoutTime<Operation>
type WithoutTime<Each> = Each extends unknown ? Omit<Each, 'began' | 'ended' | 'what'> : never

export interface ReadOptions {
  /** Absolute, without links. What is elsewhere is no matter. */
  readonly root: string
  /** Which marks are told; the others are another root's. */
  readonly isOurs: (mark: Mark) => boolean
  /**
   * Stores into mappings are in no trace. The program tells in a mark `copy` where it has copied the
   * root to, and the bytes are taken from there.
   */
  readonly readCopy?: (path: string) => Uint8Array
}

/** @throws Error for a call that changes something in a way that is not modelled */
export function operationsOf(calls: readonly Call[], options: ReadOptions): Operation[] {
  const reading = new Reading(options)
  for (const call of calls) if (call.result >= 0) reading.read(call)
  return reading.end()
}

class Reading {
  readonly #options: ReadOptions
  readonly #operations: Operation[] = []
  readonly #directories = new Map<number, Map<string, number>>([[ROOT, new Map()]])
  /** By their addresses, as they are written. */
  readonly #mappings = new Map<string, number>()
  /** Stores whose bytes are not known yet. */
  #stores: Write[] = []
  #count = ROOT + 1

  constructor(options: ReadOptions) {
    this.#options = options
  }

  end(): Operation[] {
    if (this.#stores.length > 0) throw new Error('a file was mapped and never copied')
    return this.#operations
  }

  read(call: Call): void {
    const { name, args } = call
    const names = name.replace(/^(open|mkdir|link|unlink|rename|symlink|truncate)(at2?|64)$/, '$1')
    const shift = names === name ? 0 : 1
    /** The path of an argument in the calls with `at`, which has a directory before it. */
    const path = (i: number): string | undefined =>
      shift === 0
        ? this.#inside(textOf(args[i]))
        : this.#inside(textOf(args[2 * i + 1]), args[2 * i])
    switch (names) {
      case 'open':
      case 'creat':
        this.#open(call, path(0), name === 'creat' ? 'O_CREAT|O_TRUNC' : (args[1 + shift] ?? ''))
        break
      case 'mkdir':
        this.#make(call, path(0), true)
        break
      case 'rmdir':
      case 'unlink':
        this.#entries(call, [[path(0), null]])
        break
      case 'link':
        this.#entries(call, [[path(1), this.#find(path(0))]])
        break
      case 'rename':
        this.#rename(call, path(0), path(1))
        break
      case 'write':
        this.#write(call)
        break
      case 'pwrite64':
        this.#store(call, args[0], Number(args[3]))
        break
      case 'ftruncate':
        this.#size(call, Number(args[1]), false)
        break
      case 'fallocate':
        if (args[1] !== '0') this.#refuse(call, this.#inside(pathOf(args[0])))
        this.#size(call, Number(args[2]) + Number(args[3]), true)
        break
      case 'fsync':
      case 'fdatasync':
        this.#on(call, args[0], (file) => ({ kind: 'sync', file }))
        break
      case 'mmap':
        this.#map(call)
        break
      case 'munmap':
        this.#unmap(call)
        break
      case 'copy_file_range':
      case 'splice':
        this.#refuse(call, this.#inside(pathOf(args[2])))
        break
      case 'sendfile':
        this.#refuse(call, this.#inside(pathOf(args[0])))
        break
      // A hint: the drive may still have the bytes in its cache, and their place may not be known.
      case 'sync_file_range':
        break
      default:
        this.#refuseAll(call)
    }
  }

  /** A path below the root, relative to it; undefined elsewhere. */
  #inside(path: string | undefined, directory?: string): string | undefined {
    if (path === undefined) return undefined
    const absolute = join(path.startsWith('/') ? '/' : (pathOf(directory) ?? '/'), path)
    const below = relative(this.#options.root, absolute)
    return below === '..' || below.startsWith('../') ? undefined : below
  }

  #refuse(call: Call, path: string | undefined): void {
    if (path === undefined) return
    throw new Error(`${call.name} of ${path} is not modelled (line ${String(call.ended + 1)})`)
  }

  /** Calls that nothing of ours makes; if one of them is about a file of ours we have to know more. */
  #refuseAll(call: Call): void {
    if (call.name === 'sync' || call.name === 'syncfs') this.#refuse(call, 'everything')
    for (const arg of call.args) {
      const path = arg.startsWith('"') ? textOf(arg) : pathOf(arg)
      if (path?.startsWith('/') === true) this.#refuse(call, this.#inside(path))
    }
  }

  #find(path: string | undefined): number | undefined {
    if (path === undefined) return undefined
    let file = ROOT
    for (const name of path.split('/').filter((part) => part !== '')) {
      const next = this.#directories.get(file)?.get(name)
      if (next === undefined) return undefined
      file = next
    }
    return file
  }

  #known(call: Call, path: string): number {
    const file = this.#find(path)
    if (file === undefined) throw new Error(`${call.name} of ${path}, which is not known`)
    return file
  }

  #add(call: Call, path: string, step: Step): void {
    const what = `${call.name} ${path}`
    this.#operations.push({ began: call.began, ended: call.ended, what, ...step })
  }

  /** What a descriptor's file undergoes. */
  #on(call: Call, arg: string | undefined, step: (file: number) => Step): void {
    const path = this.#inside(pathOf(arg))
    if (path !== undefined) this.#add(call, path, step(this.#known(call, path)))
  }

  #open(call: Call, path: string | undefined, flags: string): void {
    if (path === undefined) return
    if (/O_D?SYNC|O_TMPFILE/.test(flags)) this.#refuse(call, path)
    const file = this.#find(path)
    if (file !== undefined) {
      if (flags.includes('O_TRUNC')) {
        this.#add(call, path, { kind: 'size', file, size: 0, grows: false })
      }
    } else if (flags.includes('O_CREAT')) this.#make(call, path, false)
  }

  #make(call: Call, path: string | undefined, isDirectory: boolean): void {
    // The root itself is there before.
    if (path === undefined || path === '') return
    const file = this.#count++
    if (isDirectory) this.#directories.set(file, new Map())
    this.#entries(call, [[path, file]], { file, isDirectory })
  }

  #rename(call: Call, from: string | undefined, to: string | undefined): void {
    if (from === undefined && to === undefined) return
    // The new name first: if only one of the two is kept, in order, the file has both names.
    this.#entries(call, [
      [to, this.#find(from)],
      [from, null],
    ])
  }

  #entries(
    call: Call,
    changes: readonly (readonly [path: string | undefined, file: number | null | undefined])[],
    made?: Made,
  ): void {
    const known = changes.flatMap(([path, file]) => {
      if (path === undefined) return []
      if (file === undefined) throw new Error(`${call.name} of something outside to ${path}`)
      const names = path.split('/')
      const name = names.pop() ?? ''
      return [{ directory: this.#known(call, names.join('/')), name, file }]
    })
    if (known.length === 0) return
    for (const { directory, name, file } of known) {
      const entries = this.#directories.get(directory)
      if (file === null) entries?.delete(name)
      else entries?.set(name, file)
    }
    const what = changes.map(([path]) => path ?? 'elsewhere').join(' <- ')
    this.#add(call, what, { kind: 'entries', changes: known, ...(made && { made }) })
  }

  #write(call: Call): void {
    const [to, bytes] = call.args
    this.#refuse(call, this.#inside(pathOf(to)))
    if (to === undefined || !/^1(<|$)/.test(to)) return
    const text = textOf(bytes)
    if (!text.startsWith('{')) return
    const mark = JSON.parse(text) as Mark
    if (!this.#options.isOurs(mark)) return
    this.#add(call, text.trim(), { kind: 'mark', mark })
    if (typeof mark['copy'] === 'string') this.#takeStores(mark['copy'])
  }

  #store(call: Call, to: string | undefined, offset: number): void {
    this.#on(call, to, (file) => {
      const bytes = bytesOf(call.args[1]).subarray(0, call.result)
      return { kind: 'write', file, offset, bytes }
    })
  }

  #size(call: Call, size: number, grows: boolean): void {
    this.#on(call, call.args[0], (file) => ({ kind: 'size', file, size, grows }))
  }

  /**
   * A shared mapping that can be stored into. Its bytes may be on the disk from then on, and may still
   * change until it is taken away: as if all was stored twice.
   */
  #map(call: Call): void {
    const [, , protection, flags, to] = call.args
    if (flags?.includes('MAP_SHARED') !== true || protection?.includes('PROT_WRITE') !== true)
      return
    const path = this.#inside(pathOf(to))
    if (path === undefined) return
    const file = this.#known(call, path)
    this.#mappings.set(call.shown, file)
    this.#storeLater(call, file, path)
  }

  #unmap(call: Call): void {
    const file = this.#mappings.get(call.args[0] ?? '')
    if (file === undefined) return
    this.#mappings.delete(call.args[0] ?? '')
    this.#storeLater(call, file, `file ${String(file)}`)
  }

  #storeLater(call: Call, file: number, path: string): void {
    this.#add(call, path, { kind: 'write', file, offset: 0, bytes: new Uint8Array() })
    const added = this.#operations.at(-1)
    if (added?.kind === 'write') this.#stores.push(added)
  }

  #takeStores(copy: string): void {
    const { readCopy } = this.#options
    if (readCopy === undefined) return
    const paths = new Map(this.#paths(ROOT, copy))
    this.#stores = this.#stores.filter((store) => {
      const path = paths.get(store.file)
      if (path !== undefined) store.bytes = readCopy(path)
      return path === undefined
    })
  }

  *#paths(directory: number, at: string): Generator<[number, string]> {
    for (const [name, file] of this.#directories.get(directory) ?? []) {
      yield [file, join(at, name)]
      yield* this.#paths(file, join(at, name))
    }
  }
}
