// One axis for all turns of a run. A long time between turns can be collapsed: it then takes a
// fixed share of the axis, however long it was.

/** @import { Span } from "./spans.js" */
/** @typedef {{ at: number, label: string }} Tick a place in percent, and the time of day there */
/**
 * @typedef {object} Axis
 * @property {(time: number) => number} x the place of a time, in percent
 * @property {{ at: number, width: number }[]} gaps what was collapsed, in percent
 * @property {number} hidden milliseconds that were collapsed
 * @property {Tick[]} ticks
 */
/** @typedef {Span & { at: number }} Part a stretch of the axis and its place, from 0 to 1 */

const LONGEST_GAP_MS = 60_000;
const GAP_SHARE = 0.05;
const MOST_SHARE_OF_GAPS = 0.4;
const MOST_TICKS = 40;
const LAST_TICK = 94;
const STEPS_MS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200,
  86_400,
].map((seconds) => seconds * 1000);

/**
 * @param {readonly Span[]} turns by their beginning
 * @param {boolean} collapse whether to collapse what is between them
 * @param {number} apart the least distance between ticks, in percent
 * @returns {Axis}
 */
export function axisOf(turns, collapse, apart) {
  const stretches = stretchesOf(turns, collapse ? LONGEST_GAP_MS : Number.POSITIVE_INFINITY);
  const gaps = stretches
    .slice(1)
    .map((next, at) => ({ start: stretches[at].end, end: next.start }));
  const busy = lengthOf(stretches) || 1;
  const share = gaps.length ? Math.min(GAP_SHARE, MOST_SHARE_OF_GAPS / gaps.length) : 0;
  const scale = (1 - share * gaps.length) / busy;
  let at = 0;
  const parts = stretches.map((stretch) => {
    const part = { ...stretch, at };
    at += (stretch.end - stretch.start) * scale + share;
    return part;
  });
  const x = (/** @type {number} */ time) => fractionOf(parts, scale, time) * 100;
  return {
    x,
    gaps: gaps.map((gap) => ({ at: x(gap.start), width: share * 100 })),
    hidden: lengthOf(gaps),
    ticks: ticksOf(parts, busy, x, apart),
  };
}

/** @param {readonly Span[]} spans */
const lengthOf = (spans) => spans.reduce((sum, span) => sum + span.end - span.start, 0);

/**
 * Turns as stretches of time without a gap that is longer than `longest`.
 *
 * @param {readonly Span[]} turns
 * @param {number} longest
 */
function stretchesOf(turns, longest) {
  /** @type {Span[]} */
  const stretches = [];
  for (const { start, end } of turns) {
    const last = stretches.at(-1);
    if (last && start - last.end < longest) last.end = Math.max(last.end, end);
    else stretches.push({ start, end });
  }
  return stretches;
}

/**
 * @param {readonly Part[]} parts
 * @param {number} scale
 * @param {number} time
 */
function fractionOf(parts, scale, time) {
  const part = parts.findLast(({ start }) => start <= time);
  if (!part) return 0;
  return Math.min(1, part.at + (Math.min(time, part.end) - part.start) * scale);
}

/**
 * @param {readonly Part[]} parts
 * @param {number} busy milliseconds on the axis
 * @param {Axis["x"]} x
 * @param {number} apart
 */
function ticksOf(parts, busy, x, apart) {
  const step = STEPS_MS.find((ms) => busy / ms <= 6) ?? STEPS_MS[STEPS_MS.length - 1];
  /** @type {Tick[]} */
  const ticks = [];
  for (const part of parts) {
    const first = Math.ceil(part.start / step) * step;
    for (let time = first; time <= part.end && ticks.length < MOST_TICKS; time += step) {
      const at = x(time);
      const last = ticks.at(-1);
      if (at < LAST_TICK && (!last || at - last.at > apart)) {
        ticks.push({ at, label: timeOfDay(time, step) });
      }
    }
  }
  return ticks;
}

/**
 * @param {number} time
 * @param {number} step time between two ticks, in milliseconds: the label is as exact as it needs
 */
function timeOfDay(time, step) {
  return new Date(time).toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(step < 60_000 ? { second: "2-digit" } : {}),
    ...(step < 1000 ? { fractionalSecondDigits: 1 } : {}),
  });
}
