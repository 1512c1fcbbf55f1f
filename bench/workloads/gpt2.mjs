/** GPT-2 small as its published checkpoint names it, and Adam's two moments of every weight. */

const WIDTH = 768
const LAYERS = 12

/** Quick: the same arrays, the long side of each a sixteenth. */
export function gpt2(quick) {
  const weights = [
    ...embeddings(),
    ...Array.from({ length: LAYERS }, layer).flat(),
    ...norm('ln_f'),
  ]
  const scaled = weights.map(([name, [first, ...rest]]) => ({
    name,
    shape: [quick ? Math.ceil(first / 16) : first, ...rest],
  }))
  return ['model', 'adam_m', 'adam_v'].flatMap((group) =>
    scaled.map(({ name, shape }) => ({ group, name, shape })),
  )
}

const embeddings = () => [
  ['wte', [50257, WIDTH]],
  ['wpe', [1024, WIDTH]],
]

const norm = (name) => [
  [`${name}/w`, [WIDTH]],
  [`${name}/b`, [WIDTH]],
]

const dense = (name, inputs, outputs) => [
  [`${name}/w`, [inputs, outputs]],
  [`${name}/b`, [outputs]],
]

const layer = (_, i) => [
  ...norm(`h${i}/ln_1`),
  ...dense(`h${i}/attn/c_attn`, WIDTH, 3 * WIDTH),
  ...dense(`h${i}/attn/c_proj`, WIDTH, WIDTH),
  ...norm(`h${i}/ln_2`),
  ...dense(`h${i}/mlp/c_fc`, WIDTH, 4 * WIDTH),
  ...dense(`h${i}/mlp/c_proj`, 4 * WIDTH, WIDTH),
]
