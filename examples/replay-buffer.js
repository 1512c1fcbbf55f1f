/**
 * Reinforcement learning with a replay buffer: an agent learns the way through a corridor, from what
 * it remembers. The buffer is large and little of it is new at each checkpoint: only that is written.
 *
 *   node examples/replay-buffer.js [DIRECTORY]
 *
 * Look at `incremental`, and at all that is saved. With a directory it goes on when it is run again.
 */
'use strict'

const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { Checkpoint, CheckpointManager, JsonState, VariableState, zeros } = require('ndcheckpoint')
const { Random, seedState } = require('./mnist/random.js')
const { CELLS, act, choose, learn, show } = require('./replay/corridor.js')

/** A memory is a cell, an action, the reward and the next cell; together 1.6 MB. */
const [CAPACITY, WIDTH] = [100_000, 4]
const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'ndcheckpoint-replay-'))

async function main() {
  const [agent, replay] = [new VariableState(), new VariableState()]
  agent.values = zeros([CELLS, 2], 'float32')
  agent.random = seedState(1)
  replay.memories = zeros([CAPACITY, WIDTH], 'float32')
  const progress = new JsonState({ step: 0 })
  const manager = new CheckpointManager(new Checkpoint({ agent, replay, progress }), directory, {
    maxToKeep: 2,
    incremental: { sliceBytes: 2 ** 15 },
    onReport: ({ kind, bytesWritten }) => console.log(`${kind}: ${bytesWritten >> 10} KiB written`),
  })
  console.log((await manager.restoreOrInitialize()) ?? 'a new agent')
  // Here, since a restore replaces the arrays.
  const random = new Random(agent.random)
  const [values, { data: memories }] = [agent.values, replay.memories]
  const end = progress.value.step + 4000
  for (let cell = 0; progress.value.step < end;) {
    const memory = act(cell, choose(values, cell, random))
    memories.set(memory, (progress.value.step++ % CAPACITY) * WIDTH)
    cell = memory[2] === 1 ? 0 : memory[3]
    for (let i = 0; i < 8; i++) {
      const at = (random.uint32() % Math.min(progress.value.step, CAPACITY)) * WIDTH
      learn(values, memories.subarray(at, at + WIDTH))
    }
    if (progress.value.step % 1000 === 0) await manager.save()
  }
  await manager.close()
  console.log(`step ${progress.value.step}: ${show(values)}`)
}

void main().finally(() => process.argv[2] ?? rmSync(directory, { recursive: true }))
