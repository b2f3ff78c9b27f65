// The rows of a timeline: one per turn, and below it one per step or group of steps.
import { fold, nameOfGroup } from "../entry/groups.js";
import { nameOf } from "../entry/kinds.js";

/** @import { Group } from "../entry/groups.js" */
/** @import { ShortEntry, Span, TurnSpan, openQuestions } from "./spans.js" */
/** @typedef {Span & { kind: "model" | "tool" | "err" }} Bar */
/** @typedef {Span & { type: "turn", key: string, turn: number, bars: Bar[] }} TurnRow */
/** @typedef {Span & { type: "question", key: string, text: string, bars: Bar[] }} QuestionRow */
/**
 * @typedef {Span & {
 *   type: "step",
 *   key: number,
 *   entry: ShortEntry,
 *   group: Group | null,
 *   bars: Bar[],
 *   name: string,
 *   isTool: boolean,
 *   about: string,
 *   ms: number,
 * }} StepRow
 */
/** @typedef {TurnRow | StepRow | QuestionRow} TimelineRow */

const TARGETS_SHOWN = 4;

/**
 * @param {readonly ShortEntry[]} entries in order
 * @param {readonly TurnSpan[]} turns
 * @returns {TimelineRow[]}
 */
export function timelineRows(entries, turns) {
  /** @type {TimelineRow[]} */
  const rows = [];
  const groups = fold(entries);
  let number = Number.NaN; // turn of the previous entry
  let last = 0; // end of what the model then responded to
  entries.forEach((entry, at) => {
    if (entry.turn !== number) {
      number = entry.turn;
      const turn = turns.find((other) => other.number === number);
      last = turn?.start ?? entry.start;
      if (turn) rows.push(rowOfTurn(turn));
    }
    if (entry.message_type === "PLAN_EVALUATION") return;
    const group = groups[at];
    const row = rows.at(-1);
    if (group && group.first !== entry.seq && row) {
      row.end = Math.max(row.end, entry.end);
      row.bars.push({ start: entry.start, end: entry.end, kind: "tool" });
    } else rows.push(rowOfStep(entry, group, last));
    if (entry.message_type !== "USER_MESSAGE") last = Math.max(last, entry.end);
  });
  return rows;
}

/**
 * @param {TurnSpan} turn
 * @returns {TurnRow}
 */
const rowOfTurn = ({ number, start, end }) => ({
  type: "turn",
  key: `turn${number}`,
  turn: number,
  start,
  end,
  bars: [],
});

/**
 * @param {ReturnType<typeof openQuestions>[number]} question
 * @returns {QuestionRow}
 */
export const rowOfQuestion = ({ id, ...question }) => ({
  type: "question",
  key: `ask${id}`,
  bars: [],
  ...question,
});

/**
 * @param {ShortEntry} entry
 * @param {Group | null} group that begins with it
 * @param {number} last when the model began to work on it
 * @returns {StepRow}
 */
function rowOfStep(entry, group, last) {
  const { start, end, tool_name: tool } = entry;
  const isPrompt = entry.message_type === "USER_MESSAGE";
  /** @type {Bar[]} */
  const bars = [];
  if (!isPrompt && start > last) bars.push({ start: last, end: start, kind: "model" });
  if (tool) bars.push({ start, end, kind: entry.failed ? "err" : "tool" });
  const ownMs = entry.duration_ms ?? (isPrompt ? 0 : Math.max(0, start - last));
  return {
    type: "step",
    key: entry.seq,
    entry,
    group,
    bars,
    start: bars[0]?.start ?? start,
    end: Math.max(end, start),
    name: group ? nameOfGroup(group) : nameOf(entry),
    isTool: Boolean(tool) && (!group || group.same),
    about: group ? aboutGroup(group) : entry.about,
    ms: group ? group.ms : ownMs,
  };
}

/** @param {Group} group */
function aboutGroup({ same, targets, calls }) {
  return same ? `${targets[0] ?? ""} ×${calls}` : targets.slice(0, TARGETS_SHOWN).join(", ");
}

/**
 * The rows without those below turns that are closed.
 *
 * @param {readonly TimelineRow[]} rows
 * @param {ReadonlySet<number>} closed
 */
export function openRows(rows, closed) {
  let isHidden = false;
  return rows.filter((row) => {
    if (row.type !== "turn") return !isHidden;
    isHidden = closed.has(row.turn);
    return true;
  });
}
