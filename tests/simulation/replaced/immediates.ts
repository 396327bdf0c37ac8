// Immediates without the operating system: between two turns of its loop the host asks for news, which takes longer than
// most turns of a story. So turns are taken ahead, many at a time; between any two of them promises settle as ever.

type Call = () => void

const turnsAhead = 64
const wanted: Call[] = []
/** From here to there are those that wait; the places before and behind are used again. */
let next = 0
let end = 0
let left = 0

/** Replaces the host's immediates. What is called when does not change, as long as nothing real is waited for. */
export function withoutSystem(): void {
  const { setImmediate } = globalThis
  const takeTurn = () => {
    left--
    if (next === end) return
    const call = wanted[next] as Call
    wanted[next++] = nothing
    if (next === end) next = end = 0
    else if (left === 0) goAhead()
    call()
  }
  const goAhead = () => {
    while (left < turnsAhead) {
      left++
      setImmediate(takeTurn)
    }
  }
  const soon = (call: Call) => {
    wanted[end++] = call
    if (left === 0) goAhead()
  }
  // Libraries that look at the real clock now and then: in a story no real time passes.
  const never = () => 0
  // The host's own microtasks each carry a resource for whoever traces them.
  const settled = Promise.resolve()
  const microtask = (call: Call) => void settled.then(call)
  Object.assign(globalThis, { setImmediate: soon, setInterval: never, queueMicrotask: microtask })
}

function nothing(): void {}
