// Compiles lib/*.ts beside the sources, what runs in a browser as ES modules. What an earlier build left goes first, so that a deleted
// source leaves no ghost behind. `--clean` stops there.
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

for (const name of readdirSync(join(root, 'lib'), { recursive: true })) {
  if (/\.(js|d\.ts)(\.map)?$/.test(name)) rmSync(join(root, 'lib', name))
}
if (!process.argv.includes('--clean')) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  // The page first: what both have, which is types only, is written again for Node.
  for (const project of ['lib/viewer/page/tsconfig.build.json', 'tsconfig.build.json']) {
    const args = [tsc, '-p', join(root, project)]
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
}
