// The lines of a unified diff, with their numbers in both files.
import { clean, diffLines } from "../reading.js";

/** @typedef {"h" | "+" | "-" | " "} Kind */
/** @typedef {{ kind: Kind, before: number | null, after: number | null, text: string }} DiffRow */

const GIT_HEADER =
  /^(diff |index |--- |\+\+\+ |new file|deleted file|similarity|rename |old mode|new mode)/;

/**
 * Rows of a diff, without what git writes above the first hunk. In a part of a diff without its
 * beginning, the lines have no numbers.
 *
 * @param {string} diff
 * @returns {DiffRow[]}
 */
export function diffRows(diff) {
  /** @type {DiffRow[]} */
  const rows = [];
  let before = Number.NaN;
  let after = Number.NaN;
  for (const { kind, text } of diffLines(diff)) {
    const line = text.replace(/\r$/, "");
    if (kind === "@") [before, after] = beginningsOf(line);
    if (kind === "@" || (kind === "h" && line && !GIT_HEADER.test(line))) {
      rows.push({ kind: "h", before: null, after: null, text: clean(line) });
    } else if (kind !== "h") {
      rows.push({
        kind,
        before: kind === "+" ? null : numberOrNull(before++),
        after: kind === "-" ? null : numberOrNull(after++),
        text: clean(line.slice(1)),
      });
    }
  }
  return rows;
}

/** @param {string} hunk its first line */
function beginningsOf(hunk) {
  const [, before, after] = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(hunk) ?? [];
  return [Number(before), Number(after)];
}

/** @param {number} number */
const numberOrNull = (number) => (Number.isNaN(number) ? null : number);
