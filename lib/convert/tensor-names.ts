/**
 * Names of a checkpoint's values: what a person would call them.
 *
 * @module
 */
import { nameOfPath, PY_STATE, PY_STATE_OLD, VARIABLE_VALUE } from '../graph/keys.js'

const VALUE = new RegExp(
  `^(.+)/\\.ATTRIBUTES/(${VARIABLE_VALUE}|${PY_STATE}|${PY_STATE_OLD})$`,
  's',
)

/**
 * `layer/kernel` of `layer/kernel/.ATTRIBUTES/VARIABLE_VALUE`. A key stays as it is where it is no
 * value's, or where another one has that name.
 */
export function namesOfKeys(keys: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>()
  const short = keys.map((key) => {
    const [, path] = VALUE.exec(key) ?? []
    const name = path === undefined ? key : nameOfPath(path)
    counts.set(name, (counts.get(name) ?? 0) + 1)
    return name
  })
  return new Map(
    keys.map((key, i) => {
      const name = short[i] ?? key
      return [key, counts.get(name) === 1 ? name : key]
    }),
  )
}
