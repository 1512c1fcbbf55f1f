/**
 * Addresses of views: the part behind `#`, so that every view can be linked, and gone back to.
 *
 * @module
 */

export interface RunRoute {
  readonly view: 'run'
  /** Name of the tensor whose course is shown. */
  readonly tensor?: string
}

export interface CheckpointRoute {
  readonly view: 'checkpoint'
  readonly checkpoint: string
  /** Names from the root on: what the map of bytes shows. */
  readonly below: string
}

export interface TensorRoute {
  readonly view: 'tensor'
  readonly checkpoint: string
  readonly tensor: string
  readonly slice: SliceRoute
}

/** What is absent is as it is when a tensor is opened. */
export interface SliceRoute {
  readonly row?: number
  readonly column?: number
  readonly index?: readonly number[]
  readonly rows?: readonly [number, number]
  readonly columns?: readonly [number, number]
}

export type Route = RunRoute | CheckpointRoute | TensorRoute

const encoded = (name: string): string => name.split('/').map(encode).join('/')
const decoded = (name: string): string => name.split('/').map(decode).join('/')

/** Bytes of a key that are no UTF-8 are lone surrogates, which an address cannot hold. */
function encode(text: string): string {
  const escaped = text.replace(/\\|\p{Surrogate}/gu, (c) =>
    c === '\\' ? '\\\\' : `\\u${c.charCodeAt(0).toString(16)}`,
  )
  return encodeURIComponent(escaped)
}

function decode(text: string): string {
  let plain = text
  try {
    plain = decodeURIComponent(text)
  } catch {
    // Typed by hand.
  }
  return plain.replace(/\\(\\|u([0-9a-f]{4}))/g, (_, c: string, code: string | undefined) =>
    code === undefined ? c : String.fromCharCode(parseInt(code, 16)),
  )
}

export function hashOf(route: Route): string {
  switch (route.view) {
    case 'run':
      return route.tensor === undefined ? '#/' : `#/?tensor=${encode(route.tensor)}`
    case 'checkpoint': {
      const below = route.below === '' ? '' : `/in/${encoded(route.below)}`
      return `#/${encode(route.checkpoint)}${below}`
    }
    case 'tensor': {
      const path = `#/${encode(route.checkpoint)}/at/${encoded(route.tensor)}`
      const query = queryOf(route.slice)
      return query === '' ? path : `${path}?${query}`
    }
  }
}

/** Of the map of bytes below an object; of the whole checkpoint. */
export const hashBelow = (checkpoint: string, below = ''): string =>
  hashOf({ view: 'checkpoint', checkpoint, below })

function queryOf({ row, column, index, rows, columns }: SliceRoute): string {
  const parts = [
    row === undefined ? '' : `row=${String(row)}`,
    column === undefined ? '' : `column=${String(column)}`,
    index === undefined ? '' : `index=${index.join(',')}`,
    rows === undefined ? '' : `rows=${rows.join('-')}`,
    columns === undefined ? '' : `columns=${columns.join('-')}`,
  ]
  return parts.filter((part) => part !== '').join('&')
}

/** @param first the checkpoint that is shown where there is no run; undefined: a run */
export function routeOf(hash: string, first: string | undefined): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const parameters = new URLSearchParams(query)
  const [checkpoint = '', kind = '', ...rest] = path.split('/')
  const id = decode(checkpoint)
  const name = decoded(rest.join('/'))
  if (id !== '' && kind === 'at' && rest.length > 0) {
    return { view: 'tensor', checkpoint: id, tensor: name, slice: sliceIn(parameters) }
  }
  if (id !== '') {
    return { view: 'checkpoint', checkpoint: id, below: kind === 'in' ? name : '' }
  }
  if (first !== undefined) return { view: 'checkpoint', checkpoint: first, below: '' }
  const tensor = /(?:^|&)tensor=([^&]*)/.exec(query)?.[1]
  return { view: 'run', ...(tensor !== undefined && { tensor: decode(tensor) }) }
}

function sliceIn(parameters: URLSearchParams): SliceRoute {
  const numbers = (name: string, separator: string): number[] | undefined => {
    const text = parameters.get(name)
    if (text === null || text === '') return undefined
    const found = text.split(separator).map(Number)
    return found.every((value) => Number.isInteger(value)) ? found : undefined
  }
  const range = (name: string): [number, number] | undefined => {
    const [from, to] = numbers(name, '-') ?? []
    return from !== undefined && to !== undefined && from < to ? [from, to] : undefined
  }
  const [row] = parameters.get('row') === '-1' ? [-1] : (numbers('row', ',') ?? [])
  const [column] = numbers('column', ',') ?? []
  const [index, rows, columns] = [numbers('index', ','), range('rows'), range('columns')]
  return {
    ...(row !== undefined && { row }),
    ...(column !== undefined && { column }),
    ...(index && { index }),
    ...(rows && { rows }),
    ...(columns && { columns }),
  }
}
