// The entries of a log that have been read, in pages; the pages read longest ago are dropped.

/** @import { Entry } from "../shapes.d.ts" */

export const PAGE = 100;
const MOST_PAGES = 120;

/** @param {number} index */
export const pageOf = (index) => Math.floor(index / PAGE);

export class EntryPages {
  /** @type {Map<number, Entry[]>} */
  #pages = new Map();

  /**
   * One page, as far as it has been read. Once it has grown, it is another array.
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
   * How many entries of a page have been read.
   *
   * @param {number} number
   */
  length(number) {
    return this.#pages.get(number)?.length ?? 0;
  }

  /**
   * What to ask for to complete a page; null if it is complete.
   *
   * @param {number} number
   */
  missing(number) {
    const length = this.length(number);
    return length < PAGE ? { skip: number * PAGE + length, limit: PAGE - length } : null;
  }

  /**
   * Add what was read from `skip` on. Entries that have arrived in another way since then stay as
   * they are, and nothing is added that would leave a hole.
   *
   * @param {number} number
   * @param {number} skip
   * @param {Entry[]} entries
   */
  take(number, skip, entries) {
    const page = this.#pages.get(number) ?? [];
    const doubles = number * PAGE + page.length - skip;
    if (doubles < 0) return;
    this.#pages.delete(number);
    this.#pages.set(number, page.concat(entries.slice(doubles)).slice(0, PAGE));
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > MOST_PAGES) this.#pages.delete(oldest);
  }

  clear() {
    this.#pages.clear();
  }
}
