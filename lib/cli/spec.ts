/**
 * What a command is, as help, completion and the parser see it. Nothing here loads what a command
 * works with: `ndcheckpoint --help` must not map the addon.
 *
 * @module
 */
import type { Terminal } from './terminal.js'

export interface OptionSpec {
  /** As commander takes them: `-k, --keep <n>`. */
  readonly flags: string
  readonly description: string
  /** Checks and converts the value. What it throws is misuse. */
  readonly parse?: (value: string, flag: string) => unknown
  /** The option may be given more than once, and its values are a list. */
  readonly repeats?: boolean
  readonly choices?: readonly string[]
}

export interface Call {
  readonly terminal: Terminal
  readonly args: readonly string[]
  /** By their camel-cased names. */
  readonly options: Readonly<Record<string, unknown>>
  /** All of them, for the command that completes them. */
  readonly commands: readonly CommandSpec[]
}

/** Runs a command. @returns the exit status: 0 for good, 1 for a finding */
export type Run = (call: Call) => number | Promise<number>

export interface CommandSpec {
  readonly name: string
  /** `<required>` or `[optional]`. */
  readonly args: readonly string[]
  readonly summary: string
  /** More of it, for its help. */
  readonly details?: string
  readonly options: readonly OptionSpec[]
  readonly examples: readonly string[]
  readonly load: () => Promise<{ readonly run: Run }>
}

/** Exit statuses; part of the interface, as docs/cli.md tells. */
export const GOOD = 0
export const FINDING = 1
export const FAILURE = 2
