/**
 * The data plane as TypeScript sees it: the objects that hold its memory, files and locks, and the
 * plans that it carries out.
 *
 * TypeScript decides and parses; the data plane moves the bytes it was told to move and checks every
 * range. Plans cross as packed columns, once: an object per array would cost more than the copy.
 *
 * @module
 */

/** Cancels an operation and counts its bytes; one per save or restore, shared by its steps. */
export interface Job {
  /** Asks the threads to stop; the promise of the running step rejects with an abort. */
  cancel(): void
  readonly cancelled: boolean
  /** Bytes moved or checked so far, by all steps. */
  readonly done: number
}

/**
 * One shard mapped private and writable: stores never reach the file. Every buffer made by `view`
 * holds the mapping, so it outlives the reader; the mapping goes with the last of them.
 */
export interface Mapping {
  /** Bytes. */
  readonly size: number
  /** Zero-copy. `length` > 0; throws `CKPT_TOO_LARGE` above the runtime's ArrayBuffer limit. */
  view(offset: number, length: number): ArrayBuffer
  /** Copies `target.length` bytes from `offset`. */
  readInto(offset: number, target: Uint8Array): void
  /**
   * `readInto` reads from the file, so that it makes no pages of the mapping resident, until this is
   * called; then from the mapping. Collection does it too. Idempotent.
   */
  closeFile(): void
}

/** What `load` read: the bytes of each range, in memory that holds nothing else. */
export interface Loaded {
  /** CRC-32C of each range, continuing its seed. */
  readonly checksums: Uint32Array
  /**
   * The bytes of a range, once: a second call throws, since the pages of a buffer that was collected
   * are gone. Zero-copy but for small ranges; throws `CKPT_TOO_LARGE` above the runtime's
   * ArrayBuffer limit.
   */
  take(row: number): ArrayBuffer
  /** Copies `target.length` bytes from `offset` of a range that was not taken. */
  readInto(row: number, offset: number, target: Uint8Array): void
}

/**
 * The arrays of one save at the moment when it was made. `copy`: once filled, of their copies; `fork`:
 * in a process that holds the memory as it was; `none`: where they are, kept alive.
 */
export interface Snapshot {
  /** Of all arrays. */
  readonly byteLength: number
  /** Copies what is to be copied, on this thread; to be called once. Shards may be on their way. */
  fill(): void
  /** True until it is filled, if it has the memory of an earlier copy with the content of that. */
  readonly refillable: boolean
  /**
   * Instead of `fill`: copies only what differs from the earlier content. 1 for each row all of whose
   * bytes are the same, else 0.
   */
  refill(): Uint8Array
  /** Before it is filled: the share of the bytes that are in arrays which surely differ; by samples. */
  changed(): number
  /**
   * Some of the rows, laid out anew; once this one is filled.
   *
   * @param rows [shard, offset, row] for each, sorted by shard and offset
   */
  part(shardSizes: Float64Array, rows: Float64Array): Snapshot
  /** Replaces a row's head by one of the same length, before its shards are written. */
  setHead(row: number, head: Uint8Array, seed: number): void
  /** Gives the memory back to the pool, or ends the process. Idempotent; collection does it too. */
  release(): void
}

/** How arrays are kept as they are: `SaveOptions.snapshot`. */
export type SnapshotMode = 'copy' | 'fork' | 'none'

/** Shards of removed checkpoints that are written over by later saves in their directory. */
export interface SpareShards {
  /** Of the files that are kept. */
  readonly byteLength: number
  /** Takes files over, whose checkpoint is gone durably; removes those it has no use for. */
  add(paths: readonly string[], durable: boolean, sync: boolean): unknown
  /** Removes them all. */
  clear(sync: boolean): unknown
}

/**
 * Tells which of many arrays have not been written to since it was asked last, by the kernel's marks
 * of their pages; arrays below 64 KiB are kept as copies and compared.
 */
export interface PageTracker {
  /**
   * 1 for each array that was there, at the same place of the list, at the last call, and that cannot
   * have been written to since; 0 for the others. What is not 1 has to be copied after the call,
   * before the program goes on.
   */
  scan(sources: readonly ArrayBufferView[]): Uint8Array
  /** Writing costs nothing any more. Idempotent; collection does it too. */
  release(): void
}

/**
 * A private directory beside the final files in which a save is assembled. A kernel lock marks it
 * as alive, so that other saves can tell it from the leftovers of a dead one.
 */
export interface Staging {
  readonly path: string
}

/** Ownership of a directory among all processes, by a lock of the kernel. */
export interface DirectoryLock {
  /** False if the file system has no locks: nobody is kept out then. */
  readonly exclusive: boolean
  /** Idempotent; collection and the end of the process do it too. */
  release(): void
}

/** Columns of one row of `ShardColumns.extents`. */
export const EXTENT_COLUMNS = 6

/** What goes where in the shards of a save. */
export interface ShardColumns {
  /** Bytes of each shard. */
  readonly shardSizes: Float64Array
  /**
   * Rows of [shard, offset, headStart, headLength, source, seed], sorted by shard and offset:
   * `heads[headStart … +headLength]` goes to `offset`, then the bytes of source number `source`
   * (-1: none) directly behind. `seed` is the CRC-32C that the source's bytes continue.
   */
  readonly extents: Float64Array
  readonly heads: Uint8Array
  /** Contiguous views of any class. */
  readonly sources: readonly ArrayBufferView[]
}

/** How shards are written; `auto` is the fastest for each of them. */
export type Writer = 'auto' | 'map' | 'direct' | 'buffered'

/** Everything else that the data plane needs to write shards. */
export interface ShardPlan {
  /**
   * Absolute path of the directory of the final files; created with its parents when missing. The
   * shards are `shard-0`, `shard-1` … in a staging directory in it.
   */
  readonly directory: string
  readonly snapshot: Snapshot
  readonly threads: number
  /** Sync each shard and each directory made. */
  readonly durable: boolean
  readonly writer: Writer
  /** 0: no bound. */
  readonly maxBytesPerSecond: number
  readonly spares: SpareShards | undefined
  /** With so many shards in it that were linked; it is used up. undefined: a new one is made. */
  readonly staging?: Staging | undefined
  /** Default 0. */
  readonly firstShard?: number
}

/** Columns of one row of `files`: [device, inode, bytes, nanoseconds of the last change]. */
export const FILE_COLUMNS = 4

export interface ShardResult {
  readonly staging: Staging
  /** CRC-32C (unmasked) of each extent's source, continuing its seed. */
  readonly crcs: Uint32Array
  /** Which files the shards are. */
  readonly files: BigUint64Array
}

/** Shards of an earlier checkpoint that are to get a second name. */
export interface LinkPlan {
  /** As in `ShardPlan`. */
  readonly directory: string
  readonly paths: readonly string[]
  /** What each has to be: a row of FILE_COLUMNS. */
  readonly files: BigUint64Array
  /** 1: its bytes are known to be on the disk. */
  readonly synced: Uint8Array
  readonly durable: boolean
}

export interface LinkedShards {
  /** Those that could be linked are its first shards, in order. */
  readonly staging: Staging
  /** Of each: 0, or an `errno`. ESTALE: it is another file by now, or was changed. */
  readonly errors: Int32Array
}

/** Columns of one row of `ComparePlan.rows`. */
export const COMPARE_COLUMNS = 3

/** Columns of one row of `Snapshot.part`. */
export const PART_COLUMNS = 3

/** Which rows of a filled snapshot are what an earlier checkpoint has. */
export interface ComparePlan {
  readonly snapshot: Snapshot
  /** An image of the earlier one. */
  readonly last: Snapshot | undefined
  /** Its shards. */
  readonly paths: readonly string[]
  /** [row, number of the path, offset], or [row, -1, row of `last`]; no row twice. */
  readonly rows: Float64Array
  readonly threads: number
}

export interface Comparison {
  /** 1 for each row of the snapshot that is the same, byte for byte. */
  readonly same: Uint8Array
  /** As those of `ShardResult`, for the rows that are the same. */
  readonly crcs: Uint32Array
  /** Which files the paths meant; zeros for one that could not be read. */
  readonly files: BigUint64Array
}

export interface CommitPlan {
  /** Final absolute path of each shard, in order. None of them may exist. */
  readonly shardPaths: readonly string[]
  /** So many of them are in the staging directory; the others are made, of one byte. */
  readonly writtenShards: number
  readonly indexPath: string
  readonly index: Uint8Array
  /** The `checkpoint` state file, when it is to be replaced. */
  readonly statePath?: string
  readonly state?: Uint8Array
  readonly durable: boolean
}

/** Columns of one row of checksum and load extents: [file, offset, length, seed]. */
export const RANGE_COLUMNS = 4
