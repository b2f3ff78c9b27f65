// The beginning and the end of a long text; the middle is shown on request.
import { counted } from "./numbers.js";

const HEAD_LINES = 40;
const TAIL_LINES = 20;
export const MOST_CHARACTERS = 12_000;
const AROUND_HIT = 300;

/**
 * @param {string} text
 * @returns {{ head: string, tail: string, hidden: string } | null} null for a short text
 */
export function endsOf(text) {
  const lines = text.split("\n");
  if (lines.length <= HEAD_LINES + TAIL_LINES && text.length <= MOST_CHARACTERS) return null;
  const tailLines = Math.min(TAIL_LINES, Math.max(0, lines.length - HEAD_LINES));
  const head = lines
    .slice(0, HEAD_LINES)
    .join("\n")
    .slice(0, MOST_CHARACTERS / 2);
  let tail = tailLines
    ? lines
        .slice(-tailLines)
        .join("\n")
        .slice(-MOST_CHARACTERS / 2)
    : "";
  if (!tail && head.length < text.length) {
    tail = text.slice(-Math.min(MOST_CHARACTERS / 4, text.length - head.length));
  }
  if (head.length + tail.length >= text.length) return null;
  return { head, tail, hidden: text.slice(head.length, text.length - tail.length) };
}

/**
 * How much is hidden, in words.
 *
 * @param {string} hidden
 */
export function sizeOfHidden(hidden) {
  const lines = hidden.split("\n").length - 1;
  return lines > 1 ? counted(lines, "line") : counted(hidden.length, "character");
}

/**
 * The text around the first `words` in the hidden part; empty if they are not in it.
 *
 * @param {string} hidden
 * @param {string} words
 */
export function hitIn(hidden, words) {
  const at = words ? hidden.toLowerCase().indexOf(words.toLowerCase()) : -1;
  if (at < 0) return "";
  return hidden.slice(Math.max(0, at - AROUND_HIT), at + words.length + AROUND_HIT);
}
