/**
 * `verify`: every block and every tensor.
 *
 * @module
 */
import { prefixesAt, verifyAt, type VerifiedCheckpoint } from '../../inspect/verify-all.js'
import { FINDING, GOOD, type Call } from '../spec.js'
import type { Terminal } from '../terminal.js'
import { bytesText, countText, harmless, pathText } from '../text.js'

export async function run({ terminal, args }: Call): Promise<number> {
  const [path = ''] = args
  const checkpoints: VerifiedCheckpoint[] = []
  for (const prefix of prefixesAt(path)) {
    const checkpoint = await verifyAt(prefix, await terminal.progress('verify'))
    if (!terminal.json) print(checkpoint, terminal)
    checkpoints.push(checkpoint)
  }
  const ok = checkpoints.every((checkpoint) => checkpoint.ok)
  if (terminal.json) terminal.printJson({ ok, checkpoints })
  return ok ? GOOD : FINDING
}

function print(
  { path, ok, problems, tensors, bytes }: VerifiedCheckpoint,
  terminal: Terminal,
): void {
  const name = pathText(path)
  if (ok) {
    const read = `${countText(tensors, 'tensor')}, ${bytesText(bytes)}`
    terminal.print(`${terminal.style('green', 'ok')}       ${name}  ${read}`)
    return
  }
  const found = countText(problems.length, 'problem')
  terminal.print(`${terminal.style('red', 'damaged')}  ${name}  ${found}`)
  for (const { code, reason } of problems) terminal.print(`         ${code}: ${harmless(reason)}`)
}
