import t from 'tap'
import { RestoreStatus } from '../../lib/checkpoint/status.js'

t.test('a status tells what was restored', (t) => {
  t.match(new RestoreStatus('run/ckpt-1', 3), { path: 'run/ckpt-1', restored: 3 })
  t.match(new RestoreStatus(null, 0), { path: null, restored: 0 })
  t.end()
})
