// The entries of a log as far as they have been read, in pages; those read longest ago are let go.

/** @import { Entry } from "../shapes.d.ts" */

export const PAGE = 100;
const MOST_PAGES = 120;

/** @param {number} index */
export const pageOf = (index) => Math.floor(index / PAGE);

export class EntryPages {
  /** @type {Map<number, Entry[]>} */
  #pages = new Map();

  /**
   * One page, as far as it was read. It is another array when it has grown.
   *
   * @param {number} number
   */
  page(number) {
    return this.#pages.get(number);
  }

  /** @param {number} index */
  at(index) {
    return this.#pages.get(pageOf(index))?.[index % PAGE];
  }

  /**
   * How many entries of a page were read.
   *
   * @param {number} number
   */
  known(number) {
    return this.#pages.get(number)?.length ?? 0;
  }

  /**
   * What to ask for to have a page whole; null when it is.
   *
   * @param {number} number
   */
  missing(number) {
    const known = this.known(number);
    return known < PAGE ? { skip: number * PAGE + known, limit: PAGE - known } : null;
  }

  /**
   * Take in what was read from `skip` on. Entries that have come another way since then stay as
   * they are, and nothing is taken that would leave a hole.
   *
   * @param {number} number
   * @param {number} skip
   * @param {Entry[]} entries
   */
  take(number, skip, entries) {
    const known = this.#pages.get(number) ?? [];
    const doubles = number * PAGE + known.length - skip;
    if (doubles < 0) return;
    this.#pages.delete(number);
    this.#pages.set(number, known.concat(entries.slice(doubles)).slice(0, PAGE));
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > MOST_PAGES) this.#pages.delete(oldest);
  }

  clear() {
    this.#pages.clear();
  }
}
