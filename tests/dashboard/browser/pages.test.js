import assert from "node:assert/strict";
import { test } from "node:test";
import { EntryPages, PAGE } from "../../../agent_runs/dashboard/browser/log/pages.js";
import { always } from "./chance.js";
import { entry } from "./entries.js";

const log = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from }, (_, at) => entry(from + at));
const seqs = (/** @type {EntryPages} */ pages, /** @type {number} */ number) =>
  pages.page(number)?.map((each) => each.seq);

test("only what is missing of a page is asked for", () => {
  const pages = new EntryPages();
  assert.deepEqual(pages.missing(2), { skip: 2 * PAGE, limit: PAGE });
  pages.take(2, 200, log(200, 230));
  assert.deepEqual(pages.missing(2), { skip: 230, limit: 70 });
  pages.take(2, 230, log(230, 300));
  assert.equal(pages.missing(2), null);
  assert.equal(pages.at(299)?.seq, 299);
});

test("a page that has grown is another array, so what was made of it is made anew", () => {
  const pages = new EntryPages();
  pages.take(0, 0, log(0, 10));
  const before = pages.page(0);
  pages.take(0, 10, log(10, 11));
  assert.notEqual(pages.page(0), before);
});

test("of many pages those that were read longest ago are let go", () => {
  const pages = new EntryPages();
  for (let number = 0; number < 130; number += 1) {
    pages.take(number, number * PAGE, log(number * PAGE, number * PAGE + 1));
  }
  assert.equal(pages.page(0), undefined);
  assert.equal(pages.length(129), 1);
});

test("answers may come late, twice, in any order: no entry is doubled or out of place", () => {
  always((chance) => {
    const pages = new EntryPages();
    const parts = chance.list(12, () => {
      const from = chance.upTo(PAGE - 1);
      return { from, to: from + 1 + chance.upTo(PAGE - from - 1) };
    });
    for (const { from, to } of chance.shuffled([...parts, { from: 0, to: 5 }, ...parts])) {
      pages.take(0, from, log(from, to));
    }
    const known = seqs(pages, 0) ?? [];
    assert.deepEqual(known, [...known.keys()]);
    assert.ok(known.length >= 5 && known.length <= PAGE);
  });
});
