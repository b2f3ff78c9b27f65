// Times that tick: one timer per page; a node is drawn again only when its text changes.
import { useSyncExternalStore } from "react";
import { ago, elapsed, took } from "./times.js";

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/** @param {() => void} listener */
function subscribe(listener) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const update of listeners) update();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** @param {() => string} text */
const useTicking = (text) => useSyncExternalStore(subscribe, text, () => "");

/** @param {number} at */
const dateAndTime = (at) =>
  new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });

/**
 * How long ago `at` was; date and time on hover.
 *
 * @param {{ at: string }} props
 */
export function Ago({ at }) {
  const time = Date.parse(at);
  const text = useTicking(() => (Number.isNaN(time) ? "" : ago(time, Date.now())));
  if (Number.isNaN(time)) return null;
  return (
    <time className="num" dateTime={at} title={dateAndTime(time)}>
      {text}
    </time>
  );
}

/**
 * The local time of day of `at`.
 *
 * @param {{ at: string }} props
 */
export function Clock({ at }) {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return null;
  return (
    <time className="num" dateTime={at} title={dateAndTime(time)}>
      {new Date(time).toLocaleTimeString()}
    </time>
  );
}

/**
 * The time from `start` to `end`, or to now while there is no end.
 *
 * @param {{ start: string, end: string, lead?: string }} props
 */
export function Elapsed({ start, end, lead = "" }) {
  const from = Date.parse(start);
  const until = Date.parse(end);
  const text = useTicking(() => {
    if (Number.isNaN(from)) return "";
    return Number.isNaN(until) ? elapsed(Date.now() - from) : took(until - from);
  });
  if (!text) return null;
  return <span className="num">{lead ? `${lead} ${text}` : text}</span>;
}
