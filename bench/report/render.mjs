/** A report as Markdown. */
import { changesTable } from './changes.mjs'
import { first, limitsOf, ofRounds, ratio, rawFigures, steady, total } from './figures.mjs'
import { mebibytes, middle, rate, spread, table } from './markdown.mjs'
import { scalingTables } from './scaling.mjs'
import { targets } from './targets.mjs'

export function render(report) {
  const { workload, title, quick, cold, rounds, states } = report
  const notes = [quick && 'scaled down by `--quick`', cold && 'page cache dropped before each read']
  const parts = [
    `## Workload ${workload}: ${title}\n`,
    [`${rounds} rounds, milliseconds, median (min–max).`, ...notes.filter(Boolean)].join(' ') +
      '\n',
    machineTable(report),
  ]
  if (report.layout === 'scaling') {
    parts.push(...scalingTables(states), ...states.flatMap(leftOut))
  } else if (report.layout === 'changes') {
    parts.push(changesTable(states), ...states.flatMap(leftOut))
  } else {
    for (const state of states) {
      if (states.length > 1) parts.push(`### ${state.label}\n`)
      parts.push(...sections(state))
    }
  }
  const rows = targets(report)
  if (rows.length > 0) {
    parts.push('**Ratios and what is aimed at**\n', table(['', 'measured', 'aim'], rows))
  }
  return parts.join('\n')
}

function machineTable({ date, command, machine }) {
  const { processor, memory, system, disk, node, commit, load } = machine
  return [
    `- ${date}, commit ${commit}, \`${command}\``,
    `- ${processor}; ${memory}; ${system}; ${disk}; Node ${node}; load average before the run ${load}\n`,
  ].join('\n')
}

function sections(state) {
  const of = (kind) => state.contestants.filter((contestant) => contestant.kind === kind)
  const parts = [`${state.arrays} arrays, ${(state.payload / 1e6).toFixed(1)} MB.\n`]
  if (of('save').length > 0) parts.push('**Save**\n', saveTable(state, of('save')))
  if (of('restore').length > 0) parts.push('**Restore**\n', restoreTable(state, of('restore')))
  if (of('loop').length > 0) {
    const what = '**Event loop while another process writes to the same disk and syncs**\n'
    parts.push(what, loopTable(of('loop')))
  }
  parts.push(...leftOut(state))
  parts.push('**Limits of this machine, same run**\n', rawTable(state))
  return parts
}

function leftOut({ label, refused, failed }) {
  // Of what a failing program has said, its last line tells most.
  const line = ({ name, reason }, how) => {
    const said = reason.split('\n')
    return `- ${name} (${label}): ${how}${[said[0], ...said.slice(1).slice(-1)].join(': ')}\n`
  }
  const lines = [
    ...refused.map((entry) => line(entry, '')),
    ...failed.map((entry) => line(entry, '**failed**: ')),
  ]
  return lines.length === 0 ? [] : ['Left out:\n', lines.join('')]
}

function loopTable(contestants) {
  const rows = contestants.map((contestant) => {
    const [idle, saving, windows] = ['idle', 'saving', 'window'].map((field) =>
      ofRounds(contestant, (round) => round[field]),
    )
    return [
      contestant.promises,
      spread(idle),
      spread(saving),
      spread(ratio(saving, idle)),
      middle(windows),
    ]
  })
  const header = ['', 'longest block, idle', 'in the background of a save', '÷ idle', 'watched for']
  return table(header, rows)
}

function saveTable(state, contestants) {
  const limits = limitsOf(state)
  const rows = contestants.map((contestant) => {
    const { name, promises, rounds } = contestant
    const [call, wall] = [steady(contestant, 'call'), steady(contestant, 'wall')]
    return [
      `${name}<br>${promises}`,
      spread(call),
      limits.memcpy === undefined ? '–' : middle(ratio(call, limits.memcpy)),
      spread(steady(contestant, 'block')),
      spread(wall),
      rate(state.payload, wall),
      middle(steady(contestant, 'cpu')),
      limits.new === undefined ? '–' : middle(ratio(wall, limits.new)),
      `${middle(first(contestant, 'call'))} / ${middle(first(contestant, 'wall'))}`,
      ['peak', 'anonymous']
        .map((field) => mebibytes(ofRounds(contestant, (round) => round[field])))
        .join(' / '),
      ((rounds[0].bytes / state.payload - 1) * 100).toFixed(3),
    ]
  })
  const header = [
    '',
    'call',
    '÷ memcpy',
    'later block',
    'durable',
    'GB/s',
    'CPU',
    '÷ raw new file',
    'first save: call / durable',
    'peak above the state, MiB: all / private',
    'file overhead, %',
  ]
  return table(header, rows)
}

/** Of the first restore; the call itself blocks as well. Python tells none. */
const longestBlock = ({ samples: [{ call, block }] }) =>
  block === undefined ? undefined : Math.max(call, block)

function restoreTable(state, contestants) {
  const limits = limitsOf(state)
  const rows = contestants.map((contestant) => {
    const { name, promises, limit } = contestant
    const [wall, read, update] = ['wall', 'read', 'update'].map((field) => first(contestant, field))
    const beside = limits[limit]
    return [
      `${name}<br>${promises}`,
      spread(wall),
      rate(state.payload, wall),
      beside === undefined ? '–' : `${middle(ratio(wall, beside))} × ${limit}`,
      spread(ofRounds(contestant, longestBlock)),
      middle(read),
      middle(update),
      spread(total(contestant)),
      middle(steady(contestant, 'wall')),
      mebibytes(first(contestant, 'growth')),
    ]
  })
  const header = [
    '',
    'usable',
    'GB/s',
    '÷ limit',
    'longest block',
    '+ read all',
    '+ update all',
    'total',
    'usable, again',
    'RSS growth, MiB',
  ]
  return table(header, rows)
}

const MOVES_NOTHING = new Set(['map', 'fork'])

function rawTable(state) {
  const raw = rawFigures(state)
  const limits = limitsOf(state)
  const best = ['memcpy', 'new', 'recycled', 'sum', 'pread'].filter((name) => limits[name])
  const describedByJson = ['JSON.stringify', 'JSON.parse'].map((name) => [name, limits[name], '–'])
  const rows = [
    ...raw.map(([name, times]) => [name, times, rate(state.payload, times)]),
    ...best.map((name) => [`**best: ${name}**`, limits[name], rate(state.payload, limits[name])]),
    ...describedByJson,
  ]
  return table(
    ['', 'ms', 'GB/s'],
    rows.map(([name, times, speed]) => [
      name,
      spread(times),
      MOVES_NOTHING.has(name) ? '–' : speed,
    ]),
  )
}
