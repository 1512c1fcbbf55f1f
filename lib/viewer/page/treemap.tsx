/**
 * Where the bytes are: a rectangle for each object and each tensor, as large as what it takes.
 *
 * @module
 */
import { hierarchy, treemap, type HierarchyRectangularNode } from 'd3-hierarchy'
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { bytesText, shapeText } from './format.js'
import { hashBelow, hashOf } from './route.js'
import type { Branch } from './tree.js'

/** Levels below the one that is looked at. */
const LEVELS = 3
/** Pixels: smaller tiles cannot be seen, nor hit. */
const LEAST = 5
const HEADER = 20
const HEIGHT = 420
/** Of the page's colours, and the one that is no colour. */
const COLOURS = [0, 1, 2, 3, 4, 5, 7] as const
const GREY = 6

export interface TreemapProps {
  readonly checkpoint: string
  readonly branch: Branch
}

type Node = HierarchyRectangularNode<Branch>

export function Treemap({ checkpoint, branch }: TreemapProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => {
      setWidth(element.clientWidth)
    })
    observer.observe(element)
    setWidth(element.clientWidth)
    return () => {
      observer.disconnect()
    }
  }, [])
  const nodes = useMemo(() => layOut(branch, width), [branch, width])
  const colours = useMemo(() => coloursOf(nodes), [nodes])
  return (
    <div class="treemap" ref={box} style={{ height: `${String(HEIGHT)}px` }}>
      {nodes.map((node) => (
        <Tile key={node.data.path} {...{ node, checkpoint, colours }} />
      ))}
    </div>
  )
}

function layOut(branch: Branch, width: number): Node[] {
  if (width === 0) return []
  const isLeaf = ({ depth, children }: Branch): boolean =>
    children.length === 0 || depth - branch.depth >= LEVELS
  const root = hierarchy(branch, (each) => (isLeaf(each) ? null : each.children))
  // A tensor may have others below it: its own bytes are no rectangle of their own.
  root.sum((each) => (isLeaf(each) ? each.bytes : 0))
  const layout = treemap<Branch>()
    .size([width, HEIGHT])
    .round(true)
    .paddingInner(2)
    .paddingTop((node) => (node.depth === 0 ? 0 : HEADER))
    .paddingLeft((node) => (node.depth === 0 ? 0 : 2))
    .paddingRight((node) => (node.depth === 0 ? 0 : 2))
    .paddingBottom((node) => (node.depth === 0 ? 0 : 2))
  return layout(root)
    .descendants()
    .slice(1)
    .filter(({ x0, x1, y0, y1 }) => x1 - x0 >= LEAST && y1 - y0 >= LEAST)
}

/** Shares of all bytes: of so many that are as large, the colours tell something. */
const LARGE = 0.04
const MANY = 3

/**
 * Colours of the objects that are told apart: those of the first level that has some large ones, from
 * the largest on. What is below them has the same, what is small has none.
 */
function coloursOf(nodes: readonly Node[]): ReadonlyMap<Node, number> {
  const total = nodes.reduce((sum, { depth, value = 0 }) => sum + (depth === 1 ? value : 0), 0)
  const largeAt = (level: number): Node[] =>
    nodes.filter(({ depth, value = 0 }) => depth === level && value > LARGE * total)
  const [first, second] = [largeAt(1), largeAt(2)]
  const large = first.length >= MANY || second.length < MANY ? first : second
  large.sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
  return new Map(large.map((node, i) => [node, COLOURS[i % COLOURS.length] ?? GREY]))
}

interface TileProps {
  readonly node: Node
  readonly checkpoint: string
  readonly colours: ReadonlyMap<Node, number>
}

function Tile({ node, checkpoint, colours }: TileProps): JSX.Element {
  const { x0, x1, y0, y1, data, depth } = node
  const { path, label, bytes, tensor } = data
  const coloured = node.ancestors().find((each) => colours.has(each))
  const colour = coloured === undefined ? GREY : (colours.get(coloured) ?? GREY)
  const href =
    tensor === undefined
      ? hashBelow(checkpoint, path)
      : hashOf({ view: 'tensor', checkpoint, tensor: tensor.name, slice: {} })
  const [width, height] = [x1 - x0, y1 - y0]
  const kind = tensor === undefined ? '' : `\n${tensor.dtype} ${shapeText(tensor.shape)}`
  const style = {
    left: `${String(x0)}px`,
    top: `${String(y0)}px`,
    width: `${String(width)}px`,
    height: `${String(height)}px`,
    '--tile': `var(--c${String(colour)})`,
    '--strength': `${String(Math.max(30, 78 - 16 * (depth - 1)))}%`,
  }
  const hasText = width > 36 && height > 16
  return (
    <a class="tile" href={href} style={style} title={`${path}\n${bytesText(bytes)}${kind}`}>
      {hasText && (
        <span>
          <b>{label}</b> {width > 110 && bytesText(bytes)}
        </span>
      )}
      {!hasText && <span class="hidden">{label}</span>}
    </a>
  )
}
