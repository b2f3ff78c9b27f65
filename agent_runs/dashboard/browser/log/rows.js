// What the list of a log shows: a line per group of entries, and entries.

/** @import { Group } from "../entry/groups.js" */
/** @typedef {{ index: number, group?: Group }} Row an entry by its index, or the line of a group */

/**
 * The rows of `count` entries. The entries of a group are among them only while it is open.
 *
 * @param {number} count
 * @param {(index: number) => Group | null} groupAt null also for entries that are not read yet
 * @param {(group: Group) => boolean} isOpen
 */
export function rowsOf(count, groupAt, isOpen) {
  /** @type {Row[]} */
  const rows = [];
  for (let index = 0; index < count; index += 1) {
    const group = groupAt(index);
    if (group?.first === index) rows.push({ index, group });
    if (!group || isOpen(group)) rows.push({ index });
  }
  return rows;
}

/**
 * The position in the list of an entry, or of the line that stands for it.
 *
 * @param {readonly Row[]} rows
 * @param {number} index
 */
export const rowIndexOf = (rows, index) => rows.findLastIndex((row) => row.index <= index);
