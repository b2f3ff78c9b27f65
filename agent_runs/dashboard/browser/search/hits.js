// The hits of a search, which arrive in pages.

/** @import { SearchGroup } from "../shapes.d.ts" */

/**
 * Hits followed by more hits. A run at the seam of two pages stays one group.
 *
 * @param {SearchGroup[]} groups
 * @param {SearchGroup[]} more
 */
export function joined(groups, more) {
  const last = groups.at(-1);
  const [first, ...rest] = more;
  if (!last || !first || first.run.id !== last.run.id) return [...groups, ...more];
  return [...groups.slice(0, -1), { run: last.run, hits: [...last.hits, ...first.hits] }, ...rest];
}

/**
 * A snippet in pieces; some of them are hits.
 *
 * @param {string} text
 * @param {readonly (readonly [start: number, end: number])[]} highlights in code points, in order
 * @returns {[piece: string, isHit: boolean][]}
 */
export function snippetPieces(text, highlights) {
  const letters = Array.from(text);
  /** @type {[string, boolean][]} */
  const pieces = [];
  let last = 0;
  for (const [start, end] of highlights) {
    pieces.push([letters.slice(last, start).join(""), false]);
    pieces.push([letters.slice(start, end).join(""), true]);
    last = end;
  }
  pieces.push([letters.slice(last).join(""), false]);
  return pieces.filter(([piece]) => piece !== "");
}
