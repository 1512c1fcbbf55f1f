#!/usr/bin/env node
/**
 * The program: runs a command, and says in one line why it could not.
 *
 * @module
 */
import { runProgram } from './program.js'

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // `| head` has seen enough. The status still tells what was found.
    if (error.code !== 'EPIPE') throw error
  })
}

void runProgram(process.argv.slice(2)).then((status) => {
  // Not `exit`: what was printed into a pipe may be on its way.
  process.exitCode = status
})
