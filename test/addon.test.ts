import { spawnSync } from 'node:child_process'
import t from 'tap'
import { loadAddon } from '../lib/addon.js'

t.test('the addon has what the data plane calls', (t) => {
  const names = [
    'Job',
    'crc32c',
    'crc32cImplementation',
    'openMappings',
    'createSnapshot',
    'writeShards',
    'compareRows',
    'linkShards',
  ]
  names.push('commit', 'discard', 'removeFiles', 'checksum', 'load', 'counts')
  const addon = loadAddon() as unknown as Record<string, unknown>
  for (const name of names) t.type(addon[name], 'function', name)
  t.equal(loadAddon(), addon, 'loaded once')
  t.end()
})

t.test('an addon that cannot be loaded says where it was looked for and what to do', (t) => {
  const script = `require(${JSON.stringify(require.resolve('../lib/native.js'))})`
  const env = { ...process.env, CKPT_NATIVE: '/no/such/addon.node', NODE_OPTIONS: '' }
  const { stderr, status } = spawnSync(process.execPath, ['-e', script], { env, encoding: 'utf8' })
  t.equal(status, 1)
  t.match(stderr, "ndcheckpoint's native addon could not be loaded on")
  t.match(stderr, /Looked in:\n {2}\/no\/such\/addon\.node\n {2}.*build\n {2}.*prebuilds/)
  t.match(stderr, 'npm rebuild ndcheckpoint')
  t.end()
})
