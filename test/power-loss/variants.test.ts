import t from 'tap'
import { seeded } from '../fixtures/random'
import { contentOf, type FileState } from './disk'
import { variantsOf } from './variants'

const filled = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte)

/** By what they are called: a letter for each sector of one value, `?` for one of several. */
function variantsShown(file: FileState): Record<string, string> {
  const letter = (sector: Uint8Array): string => {
    const [first = 0] = sector
    if (!sector.every((byte) => byte === first)) return '?'
    return first === 0xa5 ? 'G' : (['0', 'a', 'b'][first] ?? '!')
  }
  return Object.fromEntries(
    variantsOf(file, seeded(1)).map(({ what, bytes }) => {
      const count = Math.ceil(bytes.length / 512)
      const sectors = Array.from({ length: count }, (_, i) =>
        letter(bytes.subarray(512 * i, 512 * i + 512)),
      )
      return [what, `${sectors.join('')}${String(bytes.length)}`]
    }),
  )
}

t.test('a file without changes is as it is', (t) => {
  const safe = contentOf(filled(10, 1), 3)
  const [only, ...others] = variantsOf({ safe, changes: [] }, seeded(1))
  t.match(only, { what: 'lost', ...safe })
  t.strictSame(others, [])
  t.end()
})

t.test('a new file: its bytes may be there in part, be zeros, or be what was there before', (t) => {
  const file: FileState = {
    safe: contentOf(new Uint8Array(), 0),
    changes: [{ kind: 'write', at: 1, offset: 0, bytes: filled(1300, 1) }],
  }
  t.match(variantsShown(file), {
    lost: '0',
    kept: 'aaa1300',
    'only its size': '0001300',
    garbage: 'GGG1300',
    'its first sector lost': '0aa1300',
    'its last sector lost': 'aa01300',
    'its last sector garbage': 'aaG1300',
    'only its first sector': 'a001300',
    'every second sector': 'a0a1300',
    'its first half': 'aa1024',
  })
  t.end()
})

t.test('a file that is written over: each sector is old or new, never garbage', (t) => {
  const file: FileState = {
    safe: contentOf(filled(1536, 1), 0),
    changes: [{ kind: 'write', at: 1, offset: 0, bytes: filled(1536, 2) }],
  }
  const shown = variantsShown(file)
  t.match(shown, { lost: 'aaa1536', kept: 'bbb1536', 'every second sector': 'bab1536' })
  t.notOk(Object.values(shown).some((sectors) => sectors.includes('G')))
  t.end()
})

t.test('a file that was cut may have its old size', (t) => {
  const file: FileState = {
    safe: contentOf(filled(1536, 1), 0),
    changes: [{ kind: 'size', at: 1, size: 512, grows: false }],
  }
  t.match(variantsShown(file), { lost: 'aaa1536', kept: 'a512', 'its old size': 'a001536' })
  t.end()
})

t.test('a sector may be as after any of several changes', (t) => {
  const file: FileState = {
    safe: contentOf(filled(512 * 64, 0), 0),
    changes: [1, 2].map((byte) => {
      return { kind: 'write', at: byte, offset: 0, bytes: filled(512 * 64, byte) }
    }),
  }
  const { torn = '' } = variantsShown(file)
  t.ok(['0', 'a', 'b'].every((letter) => torn.includes(letter)))
  t.end()
})

t.test('no two are the same, and the same file has the same ones again', (t) => {
  const file: FileState = {
    safe: contentOf(new Uint8Array(), 0),
    changes: [{ kind: 'write', at: 1, offset: 0, bytes: filled(100, 1) }],
  }
  const variants = variantsOf(file, seeded(1))
  t.strictSame(
    variants.map(({ what }) => what),
    ['lost', 'kept', 'only its size', 'garbage'],
  )
  t.equal(variantsOf(file, seeded(2)), variants)
  t.end()
})
