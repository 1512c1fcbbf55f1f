/**
 * Evolutionary search with worker threads. Each generation is a checkpoint, which every worker opens
 * for itself: its arrays are mapped, not sent, and all threads share the same memory.
 *
 *   node examples/evolution.js
 *
 * Look at `stats` in the workers, and at the seeds that they send back instead of arrays.
 */
'use strict'

const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { Worker, isMainThread, parentPort } = require('node:worker_threads')
const { Checkpoint, CheckpointManager, VariableState, openCheckpoint } = require('ndcheckpoint')
const { Random, seedState } = require('./mnist/random.js')

const [SIZE, WORKERS, CHILDREN, GENERATIONS] = [20_000, 2, 16, 8]
const KEY = 'parent/genes/.ATTRIBUTES/VARIABLE_VALUE'

/** The parent with all its genes a little changed. */
function childOf(genes, seed) {
  const random = new Random(seedState(seed))
  return genes.map((gene) => gene + 0.02 * (random.uniform() - 0.5))
}

const lossOf = (genes) => genes.reduce((sum, g, i) => sum + (g - Math.sin(i)) ** 2, 0)

async function work({ path, seeds }) {
  const reader = await openCheckpoint(path)
  const { data } = reader.get(KEY)
  const results = seeds.map((seed) => ({ seed, loss: lossOf(childOf(data, seed)) }))
  parentPort.postMessage({ results, stats: { ...reader.stats } })
  await reader.close()
}

async function main() {
  const directory = mkdtempSync(`${tmpdir()}/ndcheckpoint-evolution-`)
  const parent = new VariableState()
  parent.genes = new Float32Array(SIZE)
  const manager = new CheckpointManager(new Checkpoint({ parent }), directory, { maxToKeep: 2 })
  const workers = Array.from({ length: WORKERS }, () => new Worker(__filename))
  const ask = (worker, message) =>
    new Promise((resolve) => worker.once('message', resolve).postMessage(message))
  for (let generation = 0; generation < GENERATIONS; generation++) {
    const path = await manager.save()
    const seeds = Array.from({ length: CHILDREN }, (_, i) => generation * CHILDREN + i)
    const shares = workers.map((_, w) => seeds.filter((seed) => seed % WORKERS === w))
    const answers = await Promise.all(workers.map((w, i) => ask(w, { path, seeds: shares[i] })))
    const [best] = answers.flatMap(({ results }) => results).sort((a, b) => a.loss - b.loss)
    const copied = answers.reduce((sum, { stats }) => sum + stats.copied + stats.loaded, 0)
    console.log(`generation ${generation}: loss ${best.loss.toFixed(1)}, arrays copied: ${copied}`)
    if (best.loss < lossOf(parent.genes)) parent.genes = childOf(parent.genes, best.seed)
  }
  await Promise.all([manager.close(), ...workers.map((worker) => worker.terminate())])
  rmSync(directory, { recursive: true })
}

if (isMainThread) void main()
else parentPort.on('message', work)
