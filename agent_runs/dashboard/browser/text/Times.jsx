// Times that tick by themselves: one timer per page, a node renders only when its text changes.
import { useSyncExternalStore } from "react";

const listeners = new Set();
let timer = null;

function subscribe(listener) {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((call) => call()), 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = null;
    }
  };
}

const useTicking = (text) => useSyncExternalStore(subscribe, text, () => "");

function ago(at) {
  const seconds = Math.max(0, (Date.now() - at) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 30 * 86400) {
    const days = Math.floor(seconds / 86400);
    return `${days} day${days === 1 ? "" : "s"} ago`;
  }
  return new Date(at).toLocaleDateString();
}

export function duration(ms, exact) {
  if (exact && ms < 10000) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (n) => String(n).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${pad(Math.floor(seconds / 60) % 60)}m`;
}

const absolute = (at) =>
  new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function Ago({ at }) {
  const time = Date.parse(at);
  const text = useTicking(() => (Number.isNaN(time) ? "" : ago(time)));
  if (Number.isNaN(time)) return null;
  return (
    <time className="num" dateTime={at} title={absolute(time)}>
      {text}
    </time>
  );
}

export function Clock({ at }) {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return null;
  return (
    <time className="num" dateTime={at} title={absolute(time)}>
      {new Date(time).toLocaleTimeString()}
    </time>
  );
}

export function Elapsed({ start, end, lead = "" }) {
  const from = Date.parse(start),
    until = Date.parse(end);
  const text = useTicking(() =>
    Number.isNaN(from)
      ? ""
      : duration((Number.isNaN(until) ? Date.now() : until) - from, !Number.isNaN(until)),
  );
  if (!text) return null;
  return <span className="num">{lead ? `${lead} ${text}` : text}</span>;
}
