/** Which peers are there. None of them is needed: those that are missing are listed and left out. */
import { execFileSync } from 'node:child_process'
import { pythonPath } from './python.mjs'

/** @returns why a contestant cannot play, with the command that changes it; undefined if it can */
export function missing({ package: name, python }) {
  if (name !== undefined && !hasPackage(name)) {
    return `'${name}' is not installed (npm ci --prefix bench)`
  }
  if (python === undefined) return undefined
  const absent = python.modules.filter((module) => !pythonModules().has(module))
  if (absent.length === 0) return undefined
  const names = absent.map((module) => (module === 'tensorflow' ? 'tensorflow-cpu' : module))
  const install = `pip install ${names.join(' ')}`
  return pythonModules().size === 0
    ? `no Python with ${absent.join(', ')} (${install}; CKPT_PYTHON names the interpreter)`
    : `Python has no ${absent.join(', ')} (${install})`
}

function hasPackage(name) {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}

let found

/** Found, not imported: that takes seconds for some. One that turns out broken is left out then. */
function pythonModules() {
  if (found !== undefined) return found
  const names = ['numpy', 'tensorflow', 'safetensors', 'torch']
  const program = `
import importlib.util
print(' '.join(name for name in ${JSON.stringify(names)} if importlib.util.find_spec(name)))`
  try {
    const output = execFileSync(pythonPath(), ['-c', program], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    found = new Set(output.trim().split(' ').filter(Boolean))
  } catch {
    found = new Set()
  }
  return found
}
