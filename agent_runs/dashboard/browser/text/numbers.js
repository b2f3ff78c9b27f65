// Numbers as people read them.
import { durationWords } from "../reading.js";

/** What is shown where there is no number. */
export const NONE = "-";

/**
 * With the separators of the reader's language.
 *
 * @param {number} number
 */
export const grouped = (number) => number.toLocaleString();

/**
 * @param {number} number
 * @param {string} noun
 * @param {string} [nouns] the plural, unless it just adds an "s"
 */
export const counted = (number, noun, nouns = `${noun}s`) =>
  `${grouped(number)} ${number === 1 ? noun : nouns}`;

/**
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => number} number
 */
export const sumOf = (items, number) => items.reduce((sum, item) => sum + number(item), 0);

/**
 * How long something took, if that is known.
 *
 * @param {number | null | undefined} milliseconds
 */
export const timeTaken = (milliseconds) => (milliseconds ? durationWords(milliseconds) : NONE);
