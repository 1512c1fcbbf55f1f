/**
 * Where a command prints. Colours, widths and progress are for terminals; what is read by a program
 * gets plain lines or one JSON document.
 *
 * @module
 */
import { styleText } from 'node:util'
import { toJson } from './json.js'
import { openProgress, type ProgressLine } from './progress.js'

export type Style = Parameters<typeof styleText>[0]

export class Terminal {
  /** One JSON document instead of text. */
  readonly json: boolean
  readonly #out: NodeJS.WriteStream
  readonly #err: NodeJS.WriteStream

  constructor(json: boolean, out: NodeJS.WriteStream, err: NodeJS.WriteStream) {
    this.json = json
    this.#out = out
    this.#err = err
  }

  /** Width of the terminal; undefined where there is none, and lines may be of any length. */
  get columns(): number | undefined {
    return this.#out.isTTY ? this.#out.columns : undefined
  }

  /** Prints a line, or several. */
  print(text: string): void {
    this.#out.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Prints the document of `--json`. */
  printJson(value: unknown): void {
    this.print(toJson(value))
  }

  /** A line for the person, which is no part of the result. */
  note(text: string): void {
    this.#err.write(`${text}\n`)
  }

  /** Coloured where that is shown and wanted: `hasColors` knows NO_COLOR, FORCE_COLOR and TERM. */
  style(style: Style, text: string): string {
    return this.#out.isTTY && this.#out.hasColors() ? styleText(style, text) : text
  }

  /** True if there is a person who can be asked. */
  get isInteractive(): boolean {
    return process.stdin.isTTY && this.#err.isTTY
  }

  /** Progress of long work; says nothing where there is no terminal. */
  progress(label: string): Promise<ProgressLine> {
    return openProgress(label, this.#err)
  }

  /** @returns whether the answer is yes; no answer is no */
  async confirm(question: string): Promise<boolean> {
    const { createInterface } = await import('node:readline/promises')
    const lines = createInterface({ input: process.stdin, output: this.#err })
    // The end of the input is an answer, too.
    const ended = new Promise<string>((resolve) =>
      lines.once('close', () => {
        resolve('')
      }),
    )
    try {
      const answer = await Promise.race([lines.question(`${question} [y/N] `), ended])
      return /^y(es)?$/i.test(answer.trim())
    } finally {
      lines.close()
    }
  }
}
