/**
 * The commands, in the order in which help lists them.
 *
 * @module
 */
import { FORMATS } from '../convert/formats.js'
import { portNumber, positiveInteger, tolerance } from './options.js'
import type { CommandSpec, OptionSpec } from './spec.js'

const SOURCES =
  'Reads a checkpoint by its prefix, by one of its files or by its directory (its latest one; the ' +
  'values of a SavedModel), and files: .npz, .npy, .safetensors, model.json.'

const FILTER: OptionSpec = {
  flags: '-f, --filter <glob>',
  description: 'only names or keys that fit; `*` stays between slashes, `**` does not; repeatable',
  repeats: true,
}

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'ls',
    args: ['[dir]'],
    summary: 'list the checkpoints of a run',
    details:
      'NEW are bytes of files that no earlier checkpoint has, LINKED those that it shares with one. ' +
      'A checkpoint is ok if its index can be read and all its data files are there.',
    options: [{ flags: '--verify', description: 'read everything, and check all checksums' }],
    examples: ['ls run', 'ls run --verify', 'ls run --json | jq .realBytes'],
    load: () => import('./commands/ls.js'),
  },
  {
    name: 'inspect',
    args: ['<path>'],
    summary: 'show what is in a checkpoint: objects, dtypes, shapes, statistics',
    details: SOURCES,
    options: [
      FILTER,
      { flags: '-s, --stats', description: 'min, max, mean, standard deviation, NaN, histogram' },
      { flags: '--flat', description: 'whole names, not a tree' },
    ],
    examples: [
      'inspect run/ckpt-7',
      "inspect run --stats --filter 'model/**'",
      'inspect weights.safetensors --json',
    ],
    load: () => import('./commands/inspect.js'),
  },
  {
    name: 'show',
    args: ['<path>', '<key>'],
    summary: 'print the values of one tensor, as NumPy does',
    details: `${SOURCES} KEY is a key, or a name as 'inspect' shows it.`,
    options: [
      { flags: '--full', description: 'all values, however many' },
      { flags: '--edge <n>', description: 'values at each end of an axis', parse: positiveInteger },
    ],
    examples: ['show run/ckpt-7 model/kernel', 'show run step --json', 'show weights.npz w --full'],
    load: () => import('./commands/show.js'),
  },
  {
    name: 'diff',
    args: ['<a>', '<b>'],
    summary: 'compare two checkpoints; exit status 1 if they differ',
    details:
      `${SOURCES} Elements are equal if their bits are, or if |a - b| <= atol + rtol * |b|, as in ` +
      'numpy.allclose; both tolerances are 0 by default.',
    options: [
      { flags: '--rtol <x>', description: 'relative tolerance', parse: tolerance },
      { flags: '--atol <x>', description: 'absolute tolerance', parse: tolerance },
      { flags: '--equal-nan', description: 'any NaN is equal to any other' },
      { flags: '--ignore-counters', description: 'leave out save counters and saved steps' },
      FILTER,
    ],
    examples: [
      'diff run/ckpt-6 run/ckpt-7 --ignore-counters',
      'diff run/ckpt-7 weights.npz --rtol 1e-5 --atol 1e-8',
    ],
    load: () => import('./commands/diff.js'),
  },
  {
    name: 'verify',
    args: ['<path>'],
    summary: 'check every block and every checksum; exit status 1 if one is wrong',
    details: 'Of a directory, all of its checkpoints are checked.',
    options: [],
    examples: ['verify run', 'verify run/ckpt-7', 'verify run --json | jq .ok'],
    load: () => import('./commands/verify.js'),
  },
  {
    name: 'convert',
    args: ['<source>', '<destination>'],
    summary: 'convert between checkpoints, .npz, .npy, .safetensors and model.json',
    details:
      'The names tell the formats: .npz, .npy, .safetensors, model.json (TensorFlow.js); anything ' +
      'else is the prefix of a checkpoint, or to read also its directory. The save counter and ' +
      'texts are left out, unless a filter asks for them. What is at DESTINATION is replaced.',
    options: [
      FILTER,
      { flags: '--cast <dtype>', description: 'write all floats as float32', choices: ['float32'] },
      { flags: '--compress', description: 'deflate the arrays of a .npz' },
      {
        flags: '--as <kind>',
        description: 'of a checkpoint: what its tensors belong to',
        choices: ['tensors', 'variables', 'numpyState'],
      },
      { flags: '--attribute <name>', description: 'of numpyState: its name in the Checkpoint' },
      { flags: '--from <format>', description: 'format of the source', choices: FORMATS },
      { flags: '--to <format>', description: 'format of the destination', choices: FORMATS },
    ],
    examples: [
      'convert run weights.npz',
      "convert run/ckpt-7 model.safetensors --filter 'model/**' --cast float32",
      'convert tfjs/model.json imported/ckpt --as variables',
    ],
    load: () => import('./commands/convert.js'),
  },
  {
    name: 'graph',
    args: ['<path>'],
    summary: 'draw the objects of a checkpoint: DOT, or SVG by Graphviz',
    options: [
      { flags: '-o, --output <file>', description: 'write there; SVG if it ends in .svg' },
      { flags: '--svg', description: 'SVG, drawn by Graphviz' },
    ],
    examples: ['graph run/ckpt-7 | less', 'graph run -o graph.svg'],
    load: () => import('./commands/graph.js'),
  },
  {
    name: 'view',
    args: ['<path>'],
    summary: 'show a checkpoint, or a run, on a page in your browser',
    details:
      `${SOURCES} Of a directory with checkpoints the run is shown. The page is served to this ` +
      'machine only, to whom has its address, and loads nothing from elsewhere. On another machine ' +
      'forward the port: ssh -t -L 8000:127.0.0.1:8000 HOST npx ndcheckpoint view run --port 8000.',
    options: [
      { flags: '-p, --port <n>', description: 'default: any that is free', parse: portNumber },
      { flags: '-o, --open', description: 'open it in the browser' },
    ],
    examples: ['view run --open', 'view run/ckpt-7', 'view weights.safetensors --port 8000'],
    load: () => import('./commands/view.js'),
  },
  {
    name: 'prune',
    args: ['<dir>'],
    summary: 'remove old checkpoints of a run',
    details:
      'What one of the options wants is kept, as with the policies of CheckpointManager; pinned ' +
      'checkpoints are, the newest is, and so is the newest that is whole, which is read to be ' +
      'sure. The directory must have no manager at the time. On a terminal you are asked; ' +
      'elsewhere give --yes.',
    options: [
      { flags: '-k, --keep <n>', description: 'the newest n', parse: positiveInteger },
      { flags: '--keep-every <n>', description: 'one in n steps', parse: positiveInteger },
      { flags: '--keep-every-hours <n>', description: 'one in n hours', parse: positiveInteger },
      {
        flags: '--keep-best <n>',
        description: 'the n best by their metric',
        parse: positiveInteger,
      },
      { flags: '--best <which>', description: 'good metrics are', choices: ['max', 'min'] },
      { flags: '--all', description: 'also those that the state file does not list' },
      { flags: '--name <name>', description: 'of the checkpoints; default ckpt' },
      { flags: '-n, --dry-run', description: 'print the plan, remove nothing' },
      { flags: '-y, --yes', description: 'do not ask' },
    ],
    examples: [
      'prune run --keep 3 --dry-run',
      'prune run --keep 3 --keep-every 10000 --yes',
      'prune run --keep-best 1 --best min',
    ],
    load: () => import('./commands/prune.js'),
  },
  {
    name: 'completion',
    args: ['<shell>'],
    summary: 'print a script with which bash, zsh or fish complete commands',
    options: [],
    examples: [
      'completion bash >> ~/.bashrc',
      'completion zsh > "${fpath[1]}/_ndcheckpoint"',
      'completion fish > ~/.config/fish/completions/ndcheckpoint.fish',
    ],
    load: () => import('./commands/completion.js'),
  },
]
