/** How many times as long the peers take, in the same round. */
import { first, least, ratio, steady, total } from './figures.mjs'
import { spread } from './markdown.mjs'

const usable = (restore) => first(restore, 'wall')
const durable = (save) => steady(save, 'wall')

/** @returns rows: what, measured, aim */
export function peerTargets(state) {
  const field = new Field(state)
  return [...saveRows(field), ...restoreRows(field), ...namedRows(field)]
}

class Field {
  constructor({ contestants }) {
    this.contestants = contestants
  }

  named = (name) => this.contestants.find((contestant) => contestant.name === name)

  of = (kind, peer) =>
    this.contestants.filter((other) => other.kind === kind && other.peer === peer)

  /** The saves and restores of ours that peers are set beside. */
  ours = {
    saves: () =>
      ['ndcheckpoint manager, copy', 'ndcheckpoint save, copy'].flatMap(
        (name) => this.named(name) ?? [],
      ),
    restores: () => this.of('restore', undefined),
  }
}

function saveRows(field) {
  const best = least(field.of('save', 'node').map(durable))
  if (best === undefined) return []
  return field.ours
    .saves()
    .map((own) => [
      `best Node peer ÷ ${own.name}: durable, steady`,
      spread(ratio(best, durable(own))),
      own.name.includes('manager') ? '≥ 2' : '–',
    ])
}

function restoreRows(field) {
  const own = least(field.ours.restores().map(total))
  const peers = [...field.of('restore', 'node'), ...field.of('restore', 'python')]
  const best = least(peers.map(total))
  if (own === undefined || best === undefined) return []
  const what = 'best peer ÷ best of our modes: restore + read all + update all'
  return [[what, spread(ratio(best, own)), '> 1']]
}

const NAMED = [
  ['TensorFlow, Python state', '≥ 6', '≥ 4'],
  ['TensorFlow, variables', '≥ 2', '≥ 4'],
  ['safetensors', '> 1', '> 1'],
  ['torch', '> 1', '> 1'],
  ['numpy.savez', '> 1', '> 1'],
]

/** Our default restore, every byte of which is checked, and the best of our modes. */
function namedRows(field) {
  const eager = field.named('ndcheckpoint restore, map, verify eager')
  const bestTotal = least(field.ours.restores().map(total))
  return NAMED.flatMap(([title, saveAim, restoreAim]) => {
    const save = field.named(`${title}, save`)
    const restores = field
      .of('restore', 'python')
      .filter(({ name }) => name.startsWith(`${title}, `))
    const saves = save === undefined ? [] : field.ours.saves()
    return [
      ...saves.map((own) => [
        `${title} ÷ ${own.name}: durable, steady`,
        spread(ratio(durable(save), durable(own))),
        saveAim,
      ]),
      ...restores.flatMap((peer) => [
        ...(eager === undefined
          ? []
          : [
              [
                `${peer.name} ÷ ${eager.name}: usable`,
                spread(ratio(usable(peer), usable(eager))),
                title.startsWith('TensorFlow') ? restoreAim : '–',
              ],
            ]),
        ...(bestTotal === undefined
          ? []
          : [
              [
                `${peer.name} ÷ best of our modes: restore + read + update`,
                spread(ratio(total(peer), bestTotal)),
                restoreAim,
              ],
            ]),
      ]),
    ]
  })
}
