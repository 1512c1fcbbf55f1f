/**
 * One contest in a process of its own, so that neither memory nor warmed-up code passes from one
 * contestant to the next. Asks the parent for what must not happen here: a fork of a large process
 * would mark all its pages.
 */
import { once } from 'node:events'
import { workloads } from '../workloads/index.mjs'
import { measureLimits } from './limits.mjs'
import { measureLoop } from './loop.mjs'
import { measureRestore } from './restore.mjs'
import { measureSave } from './save.mjs'

const measures = {
  save: measureSave,
  restore: measureRestore,
  loop: measureLoop,
  limits: measureLimits,
}

/** Asks for a service and waits until it is done. */
async function ask(service) {
  process.send({ ask: service })
  await once(process, 'message')
}

// Nobody waits any more: the runner is done with this one, or was stopped.
process.once('disconnect', () => process.exit())

const [task] = await once(process, 'message')
const specs = workloads[task.workload].states[task.state].specs(task.quick)
const result = await measures[task.kind]({ ...task, specs, ask })
process.send({ result }, () => process.disconnect())
