// A bug that only a fuzzer finds which keeps what reaches new code: eight bytes, one after another.

const WORD = Buffer.from('FUZZ')

export function parse(bytes) {
  if (bytes[0] === WORD[0]) {
    if (bytes[1] === WORD[1]) {
      if (bytes[2] === WORD[2]) {
        if (bytes[3] === WORD[3]) throw new RangeError('found')
        return 3
      }
      return 2
    }
    return 1
  }
  return 0
}

export const toy = {
  seeds: () => [Buffer.from('seed')],
  mutate: (bytes, random) => {
    const copy = Buffer.from(bytes)
    copy[random.below(4)] = random.below(256)
    return copy
  },
  run: parse,
  code: /fuzz\/toy/,
}
