/**
 * One contest in a process of its own, so that neither memory nor warmed-up code passes from one
 * contestant to the next. Asks the parent for what must not happen here: a fork of a large process
 * would mark all its pages.
 */
import { once } from 'node:events'
import { measureLimits } from './limits.mjs'
import { measureRestore } from './restore.mjs'
import { measureSave } from './save.mjs'

const measures = { save: measureSave, restore: measureRestore, limits: measureLimits }

/** Asks for a service and waits until it is done. */
async function ask(service) {
  process.send({ ask: service })
  await once(process, 'message')
}

// Nobody waits any more: the runner is done with this one, or was stopped.
process.once('disconnect', () => process.exit())

const [task] = await once(process, 'message')
const result = await measures[task.kind]({ ...task, ask })
process.send({ result }, () => process.disconnect())
