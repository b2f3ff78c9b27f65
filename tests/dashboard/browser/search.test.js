import assert from "node:assert/strict";
import { test } from "node:test";
import {
  completed,
  completionsOf,
} from "../../../agent_runs/dashboard/browser/search/completion.js";
import { joined, snippetPieces } from "../../../agent_runs/dashboard/browser/search/hits.js";
import {
  atMistake,
  isHalfTyped,
  withoutFields,
} from "../../../agent_runs/dashboard/browser/search/query.js";
import { always } from "./chance.js";

/** @import { SearchGroup } from "../../../agent_runs/dashboard/browser/shapes.d.ts" */

const FIELDS = [
  { name: "tool", about: "a tool", example: "bash", values: ["bash", "read file", "Read"] },
  { name: "type", about: "a type", example: "error", values: ["error", "action"] },
];
const labels = (/** @type {string} */ text, cursor = text.length) =>
  completionsOf(text, cursor, FIELDS).items.map((item) => item.label);

test("the beginning of a field is completed to the fields that begin so", () => {
  assert.deepEqual(labels("t"), ["tool:", "type:"]);
  assert.deepEqual(labels("error ty"), ["type:"]);
  assert.deepEqual(labels(""), []);
});

test("behind a field its values are offered, without those that are there", () => {
  assert.deepEqual(labels("tool:"), ["bash", "read file", "Read"]);
  assert.deepEqual(labels("tool:re"), ["read file", "Read"]);
  assert.deepEqual(labels("tool:bash,"), ["read file", "Read"]);
  assert.deepEqual(labels("TOOL:bash"), []);
});

test("nothing is offered within quotes", () => {
  assert.deepEqual(labels('tool:"re'), []);
});

test("a completion takes the place of the term at the cursor, and no more", () => {
  const query = "tool:re more";
  const { start, items } = completionsOf(query, 7, FIELDS);
  assert.deepEqual(completed(query, start, 7, items[0]), {
    query: 'tool:"read file" more',
    cursor: 16,
  });
});

test("a term that is whole is followed by room for the next, a field is not", () => {
  const take = (/** @type {string} */ query) => {
    const { start, items } = completionsOf(query, query.length, FIELDS);
    return completed(query, start, query.length, items[0]).query;
  };
  assert.equal(take("-ty"), "-type:");
  assert.equal(take("-type:e"), "-type:error ");
});

test("wherever the cursor is, what is left of the term and what is right of it stays", () => {
  always((chance) => {
    const query = chance.list(5, () => chance.of(["tool:", "type:e", "t", "x y", "-to"])).join(" ");
    const cursor = chance.upTo(query.length);
    const { start, items } = completionsOf(query, cursor, FIELDS);
    for (const item of items) {
      const done = completed(query, start, cursor, item);
      assert.ok(done.query.startsWith(query.slice(0, start)));
      assert.ok(done.query.endsWith(query.slice(cursor).replace(/^\S*/, "")));
      assert.ok(done.cursor <= done.query.length);
    }
  });
});

test("half a term is not yet searched for", () => {
  assert.ok(["tool:", "x -tool:", "x -", "a OR"].every(isHalfTyped));
  assert.ok(!["tool:bash", "a - b", "floor", "a OR b"].some(isHalfTyped));
});

test("a query can be had without its fields", () => {
  const query = 'tool:bash  deadline -type:error,action "two words" tool:"read file"';
  assert.equal(withoutFields(query, ["tool", "type"]), 'deadline "two words"');
  assert.equal(withoutFields(query, []), query);
});

test("a mistake is marked up to the end of its term, counted in code points", () => {
  assert.deepEqual(atMistake("🎉 tool:x rest", 2), {
    before: "🎉 ",
    term: "tool:x",
    after: " rest",
  });
  assert.deepEqual(atMistake("x ", 2), { before: "x ", term: "", after: "" });
});

test("a run at the seam of two pages is one group", () => {
  const group = (/** @type {number} */ id, /** @type {number[]} */ ...seqs) =>
    /** @type {SearchGroup} */ (
      /** @type {unknown} */ ({ run: { id }, hits: seqs.map((seq) => ({ seq })) })
    );
  const all = joined([group(1, 5), group(2, 9)], [group(2, 8), group(3, 1)]);
  assert.deepEqual(all, [group(1, 5), group(2, 9, 8), group(3, 1)]);
  assert.deepEqual(joined([], [group(1, 2)]), [group(1, 2)]);
  assert.deepEqual(joined([group(1, 2)], []), [group(1, 2)]);
});

test("a snippet is marked by code points, as the API counts", () => {
  assert.deepEqual(
    snippetPieces("🎉 an error", [
      [2, 4],
      [5, 10],
    ]),
    [
      ["🎉 ", false],
      ["an", true],
      [" ", false],
      ["error", true],
    ],
  );
});
