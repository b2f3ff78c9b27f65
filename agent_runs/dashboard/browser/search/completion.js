// Completions at the cursor of a search query.

/** @import { SearchField } from "../shapes.d.ts" */
/**
 * @typedef {object} Completion
 * @property {string} text what it inserts
 * @property {string} label
 * @property {string} about
 * @property {boolean} ends whether it completes the term
 */

const MOST_VALUES = 8;

/**
 * @param {string} query
 * @param {number} cursor
 * @param {readonly SearchField[]} fields
 * @returns {{ start: number, items: Completion[] }} `start` is where the term begins
 */
export function completionsOf(query, cursor, fields) {
  const start = query.slice(0, cursor).search(/\S*$/);
  const term = query.slice(start, cursor);
  if (term.includes('"')) return { start, items: [] };
  const [, name = "", values = ""] = /^-?([a-z]+):(.*)$/i.exec(term) ?? [];
  const field = fields.find((other) => other.name === name.toLowerCase());
  return { start, items: field ? valuesOf(field, term, values) : fieldsOf(fields, term) };
}

/**
 * @param {readonly SearchField[]} fields
 * @param {string} term
 * @returns {Completion[]}
 */
function fieldsOf(fields, term) {
  const minus = term.startsWith("-") ? "-" : "";
  const typed = term.slice(minus.length).toLowerCase();
  if (!typed) return [];
  return fields
    .filter((field) => field.name.startsWith(typed))
    .map(({ name, about }) => ({
      text: `${minus}${name}:`,
      label: `${name}:`,
      about,
      ends: false,
    }));
}

/**
 * @param {SearchField} field
 * @param {string} term
 * @param {string} list the values after the colon, with commas between them
 * @returns {Completion[]}
 */
function valuesOf(field, term, list) {
  const values = list.toLowerCase().split(",");
  const typed = values[values.length - 1];
  const before = term.slice(0, term.length - typed.length);
  return field.values
    .filter((value) => value.toLowerCase().startsWith(typed))
    .filter((value) => !values.includes(value.toLowerCase()))
    .slice(0, MOST_VALUES)
    .map((value) => ({
      text: before + quoted(value),
      label: value,
      about: field.about,
      ends: true,
    }));
}

/** @param {string} value */
const quoted = (value) => (/[\s,"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value);

/**
 * The query with a completion in it, and where the cursor then is.
 *
 * @param {string} query
 * @param {number} start
 * @param {number} cursor
 * @param {Completion} completion
 */
export function completed(query, start, cursor, { text, ends }) {
  const rest = query.slice(cursor).replace(/^\S*/, "");
  const head = query.slice(0, start) + text + (ends && !rest ? " " : "");
  return { query: head + rest, cursor: head.length };
}
