// Spans of time of a run: of its entries, its turns, and its waits for an answer.

import { clean, firstLine, targetOf, textOf } from "../reading.js";

/** @import { Entry, Question, TurnTimes } from "../shapes.d.ts" */
/** @typedef {{ start: number, end: number }} Span in milliseconds */
/** @typedef {Span & { number: number }} TurnSpan */
/** @typedef {Span & { turn: number }} WaitSpan */
/** @typedef {ReturnType<typeof shortOf>} ShortEntry */

/**
 * What the timeline needs of an entry, because a whole one can have a megabyte.
 *
 * @param {Entry} entry
 */
export function shortOf(entry) {
  const { seq, turn, message_type, tool_name, duration_ms, failed } = entry;
  const start = Date.parse(entry.created_at);
  const target = targetOf(entry.tool_input).slice(0, 200);
  return {
    seq,
    turn,
    message_type,
    tool_name,
    tool_input: { path: target },
    failed,
    thought: Boolean(entry.thought),
    start,
    end: start + (duration_ms ?? 0),
    duration_ms,
    about: tool_name ? target : firstLine(textOf(entry).slice(0, 400)).slice(0, 160),
  };
}

/**
 * Turns by their beginning; one that is still working ends now.
 *
 * @param {readonly TurnTimes[]} turns
 * @param {number} now
 * @returns {TurnSpan[]}
 */
export function turnSpans(turns, now) {
  return turns
    .map(({ turn, started, created, finished }) => {
      const start = Date.parse(started || created);
      const end = Date.parse(finished);
      return { number: turn, start, end: Math.max(Number.isNaN(end) ? now : end, start) };
    })
    .filter((turn) => !Number.isNaN(turn.start))
    .sort((one, other) => one.start - other.start);
}

/**
 * The waits of a run for an answer; a wait without an answer ends with the turn.
 *
 * @param {readonly Question[]} questions
 * @param {readonly TurnSpan[]} turns
 * @param {number} now
 * @returns {WaitSpan[]}
 */
export function waitSpans(questions, turns, now) {
  const endOf = (/** @type {Question} */ { answered_at: answered, state, turn }) => {
    if (answered) return Date.parse(answered);
    if (state === "pending") return now;
    return turns.find(({ number }) => number === turn)?.end ?? now;
  };
  return questions
    .map((question) => ({
      start: Date.parse(question.created_at),
      end: endOf(question),
      turn: question.turn,
    }))
    .filter((span) => span.end > span.start);
}

/**
 * Questions without an answer, whose calls become entries only when they have ended.
 *
 * @param {readonly Question[]} questions
 * @param {number} now
 */
export const openQuestions = (questions, now) =>
  questions
    .filter((question) => question.state === "pending")
    .map((question) => ({
      id: question.id,
      text: clean(question.tool_call?.title || "a question").slice(0, 200),
      start: Date.parse(question.created_at),
      end: now,
    }));
