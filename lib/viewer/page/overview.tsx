/**
 * One checkpoint: how much it is, where the bytes are, how large the weights are, whether it is whole.
 *
 * @module
 */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Catalog, CheckpointItem, Contents, Integrity } from '../wire.js'
import { ageText, bytesText, countText, numberText, plural, timeText } from './format.js'
import { Norms } from './norms.js'
import { AnswerBox, Figures, Panel, type Figure } from './panel.js'
import { hashBelow, type CheckpointRoute } from './route.js'
import { stampOf } from './stamp.js'
import { branchAt, treeOf, type Branch } from './tree.js'
import { Treemap } from './treemap.js'
import { useAnswer } from './use-answer.js'

export interface OverviewProps {
  readonly catalog: Catalog
  readonly item: CheckpointItem | undefined
  readonly contents: Contents
  readonly route: CheckpointRoute
}

export function Overview({ catalog, item, contents, route }: OverviewProps): JSX.Element {
  const { checkpoint, below } = route
  const root = treeOf(contents.tensors)
  const branch = branchAt(root, below) ?? root
  const version = stampOf(catalog, checkpoint)
  const unreadable = contents.tensors.filter(({ problem }) => problem !== undefined)
  return (
    <>
      <header class="heading">
        <h1>{checkpoint}</h1>
        <p class="key">{contents.path}</p>
        <Figures figures={figuresOf(contents, item)} />
      </header>
      {contents.graphProblem !== undefined && (
        <p class="failure" role="alert">
          Its objects cannot be read: {contents.graphProblem}
        </p>
      )}
      {unreadable.length > 0 && (
        <p class="failure" role="alert">
          {plural(unreadable.length, 'tensor')} cannot be read, the first of them{' '}
          <code>{unreadable[0]?.name}</code>: {unreadable[0]?.problem}
        </p>
      )}
      <Panel title="Where the bytes are" note={<Crumbs {...{ checkpoint, branch }} />} wide>
        <Treemap {...{ checkpoint, branch }} />
      </Panel>
      <Norms {...{ checkpoint, contents, below: branch.path }} version={version} />
      <IntegrityPanel
        {...{ checkpoint }}
        version={version}
        bytes={contents.bytes}
        format={contents.format}
      />
    </>
  )
}

function figuresOf(
  { tensors, bytes, objects, format }: Contents,
  item: CheckpointItem | undefined,
): Figure[] {
  const elements = tensors
    .filter(({ numeric }) => numeric)
    .reduce((sum, { shape }) => sum + shape.reduce((count, length) => count * length, 1), 0)
  return [
    { label: 'tensors', value: tensors.length.toLocaleString('en') },
    { label: 'numbers', value: countText(elements), title: elements.toLocaleString('en') },
    { label: 'bytes', value: bytesText(bytes), title: bytes.toLocaleString('en') },
    ...(objects === undefined ? [] : [{ label: 'objects', value: objects.toLocaleString('en') }]),
    ...(format === 'checkpoint' ? [] : [{ label: 'format', value: format }]),
    ...(item?.step === undefined ? [] : [{ label: 'step', value: item.step.toLocaleString('en') }]),
    ...(item?.metric === undefined ? [] : [{ label: 'metric', value: numberText(item.metric) }]),
    ...(item === undefined
      ? []
      : [{ label: 'saved', value: ageText(item.time), title: timeText(item.time) }]),
  ]
}

function Crumbs({
  checkpoint,
  branch,
}: {
  readonly checkpoint: string
  readonly branch: Branch
}): JSX.Element {
  const parts = branch.path === '' ? [] : branch.path.split('/')
  return (
    <span class="crumbs">
      <a href={hashBelow(checkpoint)}>all</a>
      {parts.map((part, i) => (
        <span key={i}>
          <i>/</i>
          <a href={hashBelow(checkpoint, parts.slice(0, i + 1).join('/'))}>{part}</a>
        </span>
      ))}{' '}
      {bytesText(branch.bytes)}
    </span>
  )
}

interface IntegrityProps {
  readonly checkpoint: string
  readonly version: string
  readonly bytes: number
  readonly format: string
}

function IntegrityPanel({
  checkpoint,
  version,
  bytes,
  format,
}: IntegrityProps): JSX.Element | null {
  const [asked, setAsked] = useState('')
  const of = `${checkpoint} ${version}`
  const answered = useAnswer('verify', asked === of ? { checkpoint } : undefined, { version })
  if (format !== 'checkpoint') return null
  return (
    <Panel title="Integrity">
      {asked !== of && (
        <p class="consent">
          <button
            id="verify"
            type="button"
            onClick={() => {
              setAsked(of)
            }}
          >
            Check every byte ({bytesText(bytes)})
          </button>
        </p>
      )}
      <AnswerBox answered={answered} height={60}>
        {(integrity) => <Verdict integrity={integrity} />}
      </AnswerBox>
    </Panel>
  )
}

function Verdict({ integrity }: { readonly integrity: Integrity }): JSX.Element {
  const { ok, tensors, bytes, problems } = integrity
  if (ok) {
    return (
      <p class="verdict good" role="status">
        ✓ Whole: every checksum of {plural(tensors, 'tensor')} holds, {bytesText(bytes)}.
      </p>
    )
  }
  return (
    <div class="verdict bad" role="alert">
      <p>✗ Damaged: {plural(problems.length, 'problem')}.</p>
      <ul>
        {problems.map(({ key, reason }, i) => (
          <li key={i}>
            {key !== undefined && <code>{key}</code>} {reason}
          </li>
        ))}
      </ul>
    </div>
  )
}
