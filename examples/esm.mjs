/**
 * The same package from an ES module: named imports, top-level await.
 *
 *   node examples/esm.mjs
 *
 * Look at the imports: they are the very objects that `require` gives, there is no second copy.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Checkpoint, NumpyState, listVariables, zeros } from 'ndcheckpoint'

const directory = mkdtempSync(join(tmpdir(), 'ndcheckpoint-esm-'))
const arrays = new NumpyState()
const checkpoint = new Checkpoint({ numpy_arrays: arrays })
arrays.x = zeros([3, 4])
const path = await checkpoint.save(join(directory, 'ckpt'))
arrays.x.set(1, 1, 4)
await checkpoint.restore(path)
console.log('x[1, 1] after the restore:', arrays.x.get(1, 1))

// Attributes that are missing are created by the restore.
const second = new Checkpoint({ numpy_arrays: new NumpyState() })
await second.restore(path)
console.log('shape of the second x:', second.numpy_arrays.x.shape)

for (const [key, shape] of listVariables(path)) console.log(key, shape)
const same = createRequire(import.meta.url)('ndcheckpoint').Checkpoint === Checkpoint
console.log('import and require give the same Checkpoint:', same)
rmSync(directory, { recursive: true })
