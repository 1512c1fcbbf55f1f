// Compiles lib/*.ts beside the sources. What an earlier build left goes first, so that a deleted
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
  const args = [tsc, '-p', join(root, 'tsconfig.build.json')]
  process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1)
}
