// Regenerates lib/bundle/proto/*_pb.ts from the .proto files beside them.
//
// The output is committed, so nobody needs this to build or test; run it after a change of a .proto
// file. It fetches its two tools on demand and so needs the npm registry, but adds no dependency:
// @bufbuild/protoc-gen-es writes the code, and the compiler is `protoc` of the PATH (Debian:
// protobuf-compiler) or else @bufbuild/buf.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The runtime in package.json may be newer than the generator, not older.
const GENERATOR = '@bufbuild/protoc-gen-es@2.11.0'
const COMPILER = '@bufbuild/buf@1.75.0'
const OPTIONS = 'target=ts,import_extension=js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'lib', 'bundle', 'proto')

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', cwd: folder, ...options })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}`)
}

/** npx puts the binaries of the packages named into the PATH of the command. */
function withPackages(packages, command) {
  run('npx', ['--yes', ...packages.map((name) => `--package=${name}`), '--call', command])
}

const hasProtoc = spawnSync('protoc', ['--version']).status === 0
const files = readdirSync(folder).filter((name) => name.endsWith('.proto'))
if (hasProtoc) {
  withPackages([GENERATOR], `protoc -I. --es_out=. --es_opt=${OPTIONS} ${files.join(' ')}`)
} else {
  const template = { version: 'v2', plugins: [{ local: 'protoc-gen-es', out: '.', opt: OPTIONS }] }
  // Two levels of quotes: the JSON passes the shell that npx starts.
  const json = `'${JSON.stringify(template)}'`
  withPackages([GENERATOR, COMPILER], `buf generate . --template ${json}`)
}
const style = ['--no-semi', '--single-quote', '--print-width=100']
run('npx', ['prettier', '--write', '--log-level=warn', ...style, '*_pb.ts'])
