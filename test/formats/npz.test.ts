import t from 'tap'
import { arrayNameOf, memberNameOf } from '../../lib/formats/npz.js'

t.test('arrays and members', (t) => {
  t.equal(memberNameOf('layer/kernel'), 'layer/kernel.npy')
  t.equal(arrayNameOf('layer/kernel.npy', '/a.npz'), 'layer/kernel')
  t.equal(arrayNameOf('read.me', '/a.npz'), undefined)
  t.equal(arrayNameOf('.npy', '/a.npz'), '')
  t.equal(memberNameOf('a..b/.OPTIMIZER_SLOT/..c'), 'a..b/.OPTIMIZER_SLOT/..c.npy')
  t.end()
})

t.test('names that lead out of the archive', (t) => {
  for (const name of ['/etc/x', '../x', 'a/../../x', 'a/..', 'C:x', 'a\\b', 'a\0b']) {
    t.throws(() => memberNameOf(`${name}/x`), { code: 'CKPT_UNSUPPORTED' }, name)
    t.throws(() => arrayNameOf(`${name}/x.npy`, '/a'), { code: 'CKPT_CORRUPT' }, name)
  }
  t.throws(() => memberNameOf(''), { code: 'CKPT_UNSUPPORTED' })
  t.throws(() => memberNameOf('x'.repeat(65_536)), { code: 'CKPT_UNSUPPORTED' })
  t.end()
})
