// What the browser works out for each entry itself: the rules of `agent_runs/reading/`, in
// JavaScript. The tests of both read the same cases, `tests/reading/cases/`. Everything else about
// a run comes with the API's answers.

/** @import { Entry } from "./shapes.d.ts" */

const ESCAPES = new RegExp(
  [
    "\\u001b\\[[0-?]*[ -/]*[@-~]", // colours, cursor
    "\\u001b[\\]PX^_][^\\u0007\\u001b\\n]*(?:\\u0007|\\u001b\\\\)?", // titles, links, strings
    "\\u009b[0-?]*[ -/]*[@-~]",
    "\\u001b[ -/]*[0-~]",
  ].join("|"),
  "gu",
);
const HIDDEN = new RegExp(
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200b\\u200e\\u200f" +
    "\\u2028-\\u202e\\u2060-\\u2069\\ufeff\\ud800-\\udfff]",
  "gu",
);

/**
 * Text of agents, tools and people, safe to show: nothing in it hides, moves or turns other text.
 * It is hostile input.
 *
 * @param {unknown} text
 */
export const clean = (text) =>
  String(text ?? "")
    .replace(ESCAPES, "")
    .replace(/\r\n?/g, "\n")
    .replace(HIDDEN, (sign) => `⟨U+${codeOf(sign)}⟩`);

/** @param {string} sign */
const codeOf = (sign) => (sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");

/**
 * The first line that is not blank.
 *
 * @param {unknown} text
 */
export const firstLine = (text) =>
  clean(text)
    .split("\n")
    .find((line) => line.trim())
    ?.trim() ?? "";

const KINDS = new Map([
  ["USER_MESSAGE", "Prompt"],
  ["PLAN_EVALUATION", "Plan"],
  ["FINAL_ANSWER", "Answer"],
]);

/**
 * The name of a kind of entry; another one keeps its own words.
 *
 * @param {string} type
 */
export function kindWord(type) {
  const words = type.replaceAll("_", " ").toLowerCase();
  return KINDS.get(type) ?? words.slice(0, 1).toUpperCase() + words.slice(1);
}

/**
 * The text of an answer, a message, an error, or what a tool wrote. Hosted servers put it into an
 * object, under one of three names.
 *
 * @param {Pick<Entry, "observation">} entry
 */
export function textOf({ observation }) {
  if (typeof observation === "string") return observation;
  const texts = [observation?.text, observation?.message, observation?.result];
  return String(texts.find((text) => typeof text === "string" && text.trim()) ?? "");
}

/**
 * An observation that holds more than its text.
 *
 * @param {Pick<Entry, "observation">} entry
 */
export function valueIn({ observation }) {
  if (!observation || typeof observation !== "object" || Array.isArray(observation)) return null;
  const size = Object.keys(observation).length;
  return size > (textOf({ observation }) ? 1 : 0) ? observation : null;
}

const PATHS = ["file_path", "filePath", "path", "abs_path", "notebook_path", "file"];
const MAIN_ARGUMENTS = ["command", "cmd", ...PATHS, "pattern", "query", "url", "title", "prompt"];
const LONGEST_TARGET = 300;
const MOST_READ = 3000;
// A path in the run's own folder is shown as the agent knows it.
const WORK_TREE = /(^|\s)\/\S*?\/runs\/\d+\/work\/(?=\S)/g;

/**
 * What a tool call was about, on one line: its main argument; empty if there is none.
 *
 * @param {Record<string, unknown> | null | undefined} input
 */
export function targetOf(input) {
  const fields = input ?? {};
  const texts = Object.values(fields).filter((value) => typeof value === "string");
  const words =
    [...MAIN_ARGUMENTS.map((name) => wordsOf(fields[name])), ...texts].find(Boolean) ?? "";
  // Characters, not UTF-16 units: none has more than two of those.
  const begin = Array.from(words.slice(0, 2 * MOST_READ))
    .slice(0, MOST_READ)
    .join("");
  return oneLine(begin.replace(WORK_TREE, "$1"));
}

/**
 * A text as it is, or the texts of a list with spaces between them.
 *
 * @param {unknown} value
 */
function wordsOf(value) {
  const texts = [value].flat().filter((item) => typeof item === "string" && item !== "");
  return texts.join(" ");
}

/** @param {string} text */
function oneLine(text) {
  const letters = Array.from(clean(text).split(/\s+/u).filter(Boolean).join(" "));
  if (letters.length <= LONGEST_TARGET) return letters.join("");
  return `${letters.slice(0, LONGEST_TARGET - 1).join("")}…`;
}

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;
/** @typedef {"h" | "@" | "+" | "-" | " "} LineKind */

/**
 * The lines of a unified diff, each with its kind: a header or note, the beginning of a hunk, an
 * added, removed or unchanged line. A line of a hunk is text, whatever it looks like: `--- a` in it
 * is a removed line that begins with `-- a`.
 *
 * @param {string} diff or a part of one, without its beginning
 * @returns {{ kind: LineKind, text: string }[]}
 */
export function diffLines(diff) {
  let before = 0; // how many lines are left of the hunk
  let after = 0;
  return diff.split("\n").map((text) => {
    const isInHunk = before > 0 || after > 0;
    const hunk = isInHunk ? null : HUNK.exec(text);
    if (hunk) {
      before = Number(hunk[1] ?? 1);
      after = Number(hunk[2] ?? 1);
      return { kind: "@", text };
    }
    if (!isInHunk) return { kind: kindOutside(text), text };
    const kind = kindInside(text);
    if (kind === "-" || kind === " ") before -= 1;
    if (kind === "+" || kind === " ") after -= 1;
    return { kind, text };
  });
}

/**
 * @param {string} line
 * @returns {LineKind}
 */
function kindOutside(line) {
  if (/^(\+\+\+|---) /.test(line)) return "h";
  return line.startsWith("+") ? "+" : line.startsWith("-") ? "-" : "h";
}

/**
 * @param {string} line
 * @returns {LineKind}
 */
function kindInside(line) {
  if (line.startsWith("\\")) return "h"; // "\ No newline at end of file"
  return line.startsWith("+") ? "+" : line.startsWith("-") ? "-" : " ";
}

/**
 * How many lines a diff adds and removes.
 *
 * @param {string} diff
 */
export function diffStat(diff) {
  const lines = diffLines(diff);
  const count = (/** @type {string} */ kind) => lines.filter((line) => line.kind === kind).length;
  return { added: count("+"), removed: count("-") };
}

/**
 * A length of time in at most two units.
 *
 * @param {number} milliseconds
 */
export function durationWords(milliseconds) {
  const tenths = Math.round(milliseconds / 100);
  const seconds = Math.round(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (tenths < 10) return `${Math.round(milliseconds)} ms`;
  if (seconds < 60) return `${tenths < 100 ? (tenths / 10).toFixed(1) : seconds} s`;
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** @type {[unit: string, bytes: number][]} */
const SIZES = [
  ["GB", 1e9],
  ["MB", 1e6],
  ["kB", 1e3],
];

/**
 * A number of bytes in the largest unit that fits.
 *
 * @param {number} bytes
 */
export function sizeWords(bytes) {
  const [unit, size] = SIZES.find(([, least]) => bytes >= least) ?? [];
  if (!size) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  const tenths = Math.round((bytes / size) * 10);
  return `${tenths < 100 ? (tenths / 10).toFixed(1) : Math.round(tenths / 10)} ${unit}`;
}

/**
 * An amount to the cent; less than a cent, to two digits.
 *
 * @param {number} amount
 * @param {string | null | undefined} currency
 */
export function moneyWords(amount, currency) {
  const isTiny = amount > 0 && amount < 0.01;
  const digits = isTiny
    ? { maximumSignificantDigits: 2 }
    : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `${amount.toLocaleString("en", digits)} ${clean(currency)}`.trimEnd();
}
