// Any tree of objects, restored into one that is there before, comes later, or in part.
import { deepEqual, equal } from 'node:assert/strict'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { Checkpoint, type RestoreOptions } from '../../lib/index.js'
import { runs } from '../fixtures/random'
import { descriptions, Objects, type Description } from './random-objects'

const options: fc.Arbitrary<RestoreOptions> = fc.record({
  mode: fc.constantFrom('map' as const, 'load' as const),
  verify: fc.constantFrom('eager' as const, 'lazy' as const, 'off' as const),
})

/** Saves the whole tree, with values. */
function save(path: string, description: Description): Objects {
  const saved = new Objects(description)
  saved.complete()
  saved.fill()
  saved.root.writeSync(path)
  return saved
}

t.test('a tree that is there', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  await fc.assert(
    fc.asyncProperty(descriptions, options, async (description, options) => {
      const saved = save(path, description)
      const fresh = new Objects(description)
      fresh.complete()
      const status = await fresh.root.read(path, options)
      deepEqual(fresh.values(), saved.values())
      status.assertConsumed()
      equal(status.restored, status.matched.length)
    }),
    { numRuns: runs(150) },
  )
})

t.test('a tree that comes in part after the restore, in any order', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  await fc.assert(
    fc.asyncProperty(descriptions, options, async (description, options) => {
      const saved = save(path, description)
      const fresh = new Objects(description)
      const status = await fresh.root.read(path, options)
      fresh.complete()
      deepEqual(fresh.values(), saved.values())
      status.assertConsumed()
    }),
    { numRuns: runs(250) },
  )
})

t.test('a tree that comes as a whole, and what is saved from there', async (t) => {
  const [path, again] = ['ckpt', 'again'].map((name) => join(t.testdir(), name))
  await fc.assert(
    fc.asyncProperty(descriptions, options, async (description, options) => {
      const saved = save(String(path), description)
      const outer = new Checkpoint({ tree: saved.root }).writeSync(String(path))
      const checkpoint = new Checkpoint<{ tree?: Checkpoint }>()
      const status = await checkpoint.read(outer, options)
      const fresh = new Objects(description)
      fresh.complete()
      checkpoint.tree = fresh.root
      deepEqual(fresh.values(), saved.values())
      status.assertConsumed()
      const third = new Objects(description)
      third.complete()
      new Checkpoint({ tree: third.root }).readSync(checkpoint.writeSync(String(again)))
      deepEqual(third.values(), saved.values())
    }),
    { numRuns: runs(80) },
  )
})

t.test('the newest of several restores, whatever came between', async (t) => {
  const dir = t.testdir()
  const steps = fc.array(fc.boolean(), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(descriptions, steps, async (description, attachAfter) => {
      const fresh = new Objects(description)
      let last: Objects | undefined
      for (const [i, attach] of attachAfter.entries()) {
        const saved = new Objects(description)
        saved.complete()
        saved.fill()
        // Values of this one alone.
        for (const object of saved.all) {
          const variable = object as { value?: unknown }
          if (typeof variable.value === 'number') variable.value += 1000 * (i + 1)
        }
        last = saved
        await fresh.root.read(saved.root.writeSync(join(dir, `ckpt-${String(i)}`)))
        if (attach) fresh.complete()
      }
      fresh.complete()
      deepEqual(fresh.values(), last?.values())
    }),
    { numRuns: runs(80) },
  )
})
