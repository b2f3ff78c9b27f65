// Where the time of a run went: from entries, turns and questions to spans on one axis.
import { fold, isFailed, nameOfGroup, targetOf, textOf } from "../entry/kinds.jsx";
import { clean, firstLine } from "../text/Payload.jsx";

export const GAP_SHARE = 0.05;
const MIN_GAP_MS = 60000;

// What the timeline needs of an entry: payloads may be a megabyte each.
export function slim(entry) {
  const start = Date.parse(entry.created_at);
  return {
    seq: entry.seq,
    turn: entry.turn,
    message_type: entry.message_type,
    tool_name: entry.tool_name,
    tool_input: { path: targetOf(entry).slice(0, 200) },
    failed: isFailed(entry),
    thought: Boolean(entry.thought),
    start,
    end: start + (entry.duration_ms ?? 0),
    duration_ms: entry.duration_ms,
    tool_output: { status: entry.tool_output?.status, exit_code: entry.tool_output?.exit_code },
    words: entry.tool_name ? "" : firstLine(textOf(entry).slice(0, 400)).slice(0, 160),
  };
}

export function turnSpans(turns, now) {
  return turns
    .map((turn) => {
      const start = Date.parse(turn.started || turn.created);
      const end = Date.parse(turn.finished);
      return {
        number: turn.turn,
        start,
        end: Number.isNaN(end) ? Math.max(now, start || now) : Math.max(end, start),
      };
    })
    .filter((turn) => !Number.isNaN(turn.start))
    .sort((a, b) => a.start - b.start);
}

export function waitSpans(permissions, turns, now) {
  return permissions
    .map((asked) => {
      const start = Date.parse(asked.created_at),
        turn = turns.find((each) => each.number === asked.turn);
      const end = asked.answered_at
        ? Date.parse(asked.answered_at)
        : asked.state === "pending"
          ? now
          : (turn?.end ?? now);
      return { start, end: Math.max(end, start), turn: asked.turn };
    })
    .filter((span) => span.end > span.start);
}

const covered = (spans, from, to) => {
  let sum = 0,
    last = from;
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const start = Math.max(span.start, last),
      end = Math.min(span.end, to);
    if (end > start) {
      sum += end - start;
      last = end;
    }
  }
  return sum;
};

// Time that somebody else used within a span of time is not the model's.
export function phases(entries, turns, waits) {
  const calls = entries.filter((entry) => entry.tool_name);
  let model = 0,
    tools = 0,
    waiting = 0,
    idle = 0,
    last = null;
  for (const turn of turns) {
    const wait = covered(waits, turn.start, turn.end);
    const both = covered([...waits, ...calls], turn.start, turn.end);
    waiting += wait;
    tools += both - wait;
    model += Math.max(0, turn.end - turn.start - both);
    if (last !== null) idle += Math.max(0, turn.start - last);
    last = turn.end;
  }
  return { model, tools, waiting, idle };
}

// One axis for all turns; what lies between two of them takes a fixed share when it is collapsed.
export function axisOf(turns, collapse) {
  const parts = [],
    gaps = [];
  for (const turn of turns) {
    const last = parts.at(-1);
    if (last && (!collapse || turn.start - last.end < MIN_GAP_MS))
      last.end = Math.max(last.end, turn.end);
    else {
      if (last) gaps.push({ start: last.end, end: turn.start });
      parts.push({ start: turn.start, end: turn.end });
    }
  }
  const busy = parts.reduce((sum, part) => sum + part.end - part.start, 0) || 1;
  const share = gaps.length ? Math.min(GAP_SHARE, 0.4 / gaps.length) : 0,
    scale = (1 - share * gaps.length) / busy;
  let at = 0;
  for (const part of parts) {
    part.at = at;
    at += (part.end - part.start) * scale + share;
  }
  const x = (time) => {
    let found = 0;
    for (const part of parts) {
      if (time >= part.end) found = part.at + (part.end - part.start) * scale;
      else if (time >= part.start) return (part.at + (time - part.start) * scale) * 100;
      else break;
    }
    return Math.min(1, found) * 100;
  };
  const places = gaps.map((gap) => ({
    at: x(gap.start),
    width: share * 100,
    ms: gap.end - gap.start,
  }));
  return {
    x,
    places,
    ticks: ticksOf(parts, busy, x),
    hidden: gaps.reduce((sum, gap) => sum + gap.end - gap.start, 0),
  };
}

const STEPS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400,
].map((seconds) => seconds * 1000);

function ticksOf(parts, busy, x) {
  const step = STEPS.find((one) => busy / one <= 6) ?? STEPS.at(-1);
  const ticks = [],
    apart = window.innerWidth < 760 ? 34 : 14;
  for (const part of parts) {
    for (
      let time = Math.ceil(part.start / step) * step;
      time <= part.end && ticks.length < 40;
      time += step
    ) {
      const at = x(time);
      if (at < 94 && (!ticks.length || at - ticks.at(-1).at > apart))
        ticks.push({ at, label: clockText(time, step) });
    }
  }
  return ticks;
}

function clockText(time, step) {
  const options = {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(step < 60000 ? { second: "2-digit" } : {}),
    ...(step < 1000 ? { fractionalSecondDigits: 1 } : {}),
  };
  return new Date(time).toLocaleTimeString(undefined, options);
}

// Rows: a heading per turn, then one per step or group of steps, with its spans.
export function rowsOf(entries, turns) {
  const rows = [],
    groups = fold(entries);
  let number = null,
    last = 0;
  entries.forEach((entry, at) => {
    const turn = turns.find((each) => each.number === entry.turn);
    if (entry.turn !== number) {
      number = entry.turn;
      last = Math.max(turn?.start ?? entry.start, 0);
      if (turn) rows.push({ key: `turn${number}`, turn: number, start: turn.start, end: turn.end });
    }
    if (entry.message_type === "PLAN_EVALUATION") return;
    const group = groups[at];
    if (group && group.first !== entry.seq) {
      const row = rows.at(-1);
      row.end = Math.max(row.end, entry.end);
      row.spans.push({ start: entry.start, end: entry.end, kind: "tool" });
      last = Math.max(last, entry.end);
      return;
    }
    const spans = [],
      isPrompt = entry.message_type === "USER_MESSAGE";
    if (!isPrompt && entry.start - last > 0)
      spans.push({ start: last, end: entry.start, kind: "model" });
    if (entry.tool_name)
      spans.push({ start: entry.start, end: entry.end, kind: entry.failed ? "err" : "tool" });
    rows.push({
      key: entry.seq,
      seq: entry.seq,
      entry,
      group,
      spans,
      start: spans[0]?.start ?? entry.start,
      end: Math.max(entry.end, entry.start),
      name: group
        ? nameOfGroup(group)
        : isPrompt
          ? "Prompt"
          : entry.message_type === "FINAL_ANSWER"
            ? "Final answer"
            : entry.message_type === "ERROR"
              ? "Error"
              : entry.tool_name
                ? clean(entry.tool_name)
                : "Reasoning",
      isTool: Boolean(entry.tool_name) && !(group && !group.same),
      target: group
        ? group.same
          ? `${group.targets[0] ?? ""} ×${group.calls}`
          : group.targets.slice(0, 4).join(", ")
        : entry.tool_name
          ? entry.tool_input.path
          : entry.words,
      ms: group
        ? group.ms
        : (entry.duration_ms ?? (isPrompt ? 0 : Math.max(0, entry.start - last))),
    });
    last = Math.max(last, isPrompt ? last : entry.end);
  });
  return rows;
}

// Questions that nobody has answered yet: their call becomes an entry only when it has ended.
export const questionsOf = (permissions, now) =>
  permissions
    .filter((asked) => asked.state === "pending")
    .map((asked) => ({
      key: `ask${asked.id}`,
      question: clean(asked.tool_call?.title || "a question").slice(0, 200),
      start: Date.parse(asked.created_at),
      end: now,
      spans: [],
    }));

export const kindName = { model: "Model", tool: "Tool", err: "Failed tool" };
