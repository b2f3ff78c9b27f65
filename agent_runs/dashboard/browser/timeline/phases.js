// Who took the time of a run: the model, its tools, or a person it waited for.

/** @import { Span } from "./spans.js" */

/**
 * The time within turns that `waits` and `calls` take, and the time between turns. What happens at
 * the same time counts once, waiting rather than working; the rest is the model's.
 *
 * @param {readonly Span[]} turns by their beginning
 * @param {readonly Span[]} calls of tools
 * @param {readonly Span[]} waits
 */
export function phases(turns, calls, waits) {
  const used = { model: 0, tools: 0, waiting: 0, idle: 0 };
  turns.forEach((turn, at) => {
    const waiting = covered(waits, turn);
    const both = covered([...waits, ...calls], turn);
    used.waiting += waiting;
    used.tools += both - waiting;
    used.model += Math.max(0, turn.end - turn.start - both);
    if (at > 0) used.idle += Math.max(0, turn.start - turns[at - 1].end);
  });
  return used;
}

/**
 * How much of `whole` the spans cover together.
 *
 * @param {readonly Span[]} spans
 * @param {Span} whole
 */
export function covered(spans, whole) {
  let sum = 0;
  let last = whole.start;
  for (const span of [...spans].sort((one, other) => one.start - other.start)) {
    const start = Math.max(span.start, last);
    const end = Math.min(span.end, whole.end);
    if (end <= start) continue;
    sum += end - start;
    last = end;
  }
  return sum;
}
