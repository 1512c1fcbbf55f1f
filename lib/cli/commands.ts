/**
 * The commands, in the order in which help lists them.
 *
 * @module
 */
import type { CommandSpec } from './spec.js'

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'ls',
    args: ['[dir]'],
    summary: 'list the checkpoints of a run',
    details:
      'NEW are bytes of files that no earlier checkpoint has, LINKED those that it shares with one. ' +
      'A checkpoint is ok if its index can be read and all its data files are there.',
    options: [{ flags: '--verify', description: 'read everything, and check all checksums' }],
    examples: ['ls run', 'ls run --verify', 'ls run --json | jq .realBytes'],
    load: () => import('./commands/ls.js'),
  },
]
