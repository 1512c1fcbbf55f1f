// Builds what is not built and runs the suite. Arguments go to tap: files, --snapshot …
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', cwd: root })
  if (status !== 0) process.exit(status ?? 1)
}

run(process.execPath, [join(root, 'scripts/build-ts.mjs')])
if (process.env.CKPT_NATIVE === undefined && !existsSync(join(root, 'build/Release'))) {
  run('npm', ['run', '--silent', 'build:native'])
}
run(process.execPath, [
  join(dirname(require.resolve('tap/package.json')), 'dist/esm/run.mjs'),
  ...process.argv.slice(2),
])
