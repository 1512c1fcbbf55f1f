/**
 * Shows how far a run is: a bar on a terminal, a line now and then elsewhere.
 *
 * @module
 */
'use strict'

const { Presets, SingleBar } = require('cli-progress')

/** Lines for a whole run, where there is no terminal. */
const LINES = 5

class Display {
  #steps
  #bar
  #saves = 0

  /** @param {number} steps in a whole run */
  constructor(steps) {
    this.#steps = steps
  }

  /**
   * @param {number} step reached
   * @param {number} loss
   */
  step(step, loss) {
    const shown = { loss: loss.toFixed(3), saves: this.#saves }
    if (process.stdout.isTTY) {
      this.#bar ??= this.#startBar(step, shown)
      this.#bar.update(step, shown)
    } else if (step % Math.ceil(this.#steps / LINES) === 0 || step === this.#steps) {
      const place = `step ${String(step).padStart(String(this.#steps).length)}/${this.#steps}`
      console.log(`  ${place}  loss ${shown.loss}  saves ${shown.saves}`)
    }
  }

  /** A save became durable. */
  saved() {
    this.#saves++
    this.#bar?.update({ saves: this.#saves })
  }

  /** A line of text; the bar ends where it stands, and a new one begins at the next step. */
  line(text) {
    this.stop()
    console.log(`  ${text}`)
  }

  stop() {
    this.#bar?.stop()
    this.#bar = undefined
  }

  #startBar(step, shown) {
    const format = '  {bar} step {value}/{total}  loss {loss}  saves {saves}'
    const bar = new SingleBar({ format, barsize: 32 }, Presets.shades_classic)
    bar.start(this.#steps, step, shown)
    return bar
  }
}

module.exports = { Display }
