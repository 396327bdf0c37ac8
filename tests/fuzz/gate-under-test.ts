import {
  AcceptedState,
  equalBytes,
  type GateOptions,
  judge,
  scanUpdate,
  type UpdateLimits,
  type Verdict,
  wireLimits,
} from '@tutti/core'

/** A document behind the gate, as a room keeps it: what is accepted is stored at once, what is refused leaves no trace. */
export class GateUnderTest {
  readonly state = new AcceptedState()
  /** What was stored, in order. */
  readonly log: Uint8Array[] = []
  readonly #limits: UpdateLimits

  constructor(limits: UpdateLimits = wireLimits) {
    this.#limits = limits
  }

  judge(bytes: Uint8Array, options: Partial<GateOptions> = {}): Verdict {
    const scan = scanUpdate(bytes, this.#limits)
    if (!scan.ok) return { kind: 'refused', failure: scan.error }
    return judge(this.state, scan.value, { limits: this.#limits, mayExtend: () => true, takePart: false, ...options })
  }

  /** Judges, and stores what is new. Throws when anything else changed what is stored. */
  offer(bytes: Uint8Array, options: Partial<GateOptions> = {}): Verdict {
    const before = this.state.durable.diff()
    const verdict = this.judge(bytes, options)
    if (verdict.kind === 'new') {
      this.state.accept(verdict.update)
      this.state.settle(verdict.update)
      this.log.push(verdict.update.scan.bytes.slice())
    } else if (!equalBytes(before, this.state.durable.diff())) throw new Error(`${verdict.kind}: a trace was left`)
    return verdict
  }
}
