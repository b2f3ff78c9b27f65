import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../../../agent_runs/dashboard/browser/entry/groups.js";
import { chipsOf } from "../../../agent_runs/dashboard/browser/log/chips.js";
import { rowIndexOf, rowsOf } from "../../../agent_runs/dashboard/browser/log/rows.js";
import { nextFailed } from "../../../agent_runs/dashboard/browser/log/steps.js";
import { always } from "./chance.js";
import { call } from "./entries.js";

/** @import { Group } from "../../../agent_runs/dashboard/browser/entry/groups.js" */

const read = (/** @type {number} */ seq) => call(seq, "Read", { path: `${seq}.py` });
const edit = (/** @type {number} */ seq) => call(seq, "Edit", { path: `${seq}.py` });
const closed = () => false;

test("a group that is closed is one row, and an open one a row above its entries", () => {
  const groups = fold([edit(0), read(1), read(2), edit(3)]);
  const at = (/** @type {number} */ index) => groups[index];
  assert.deepEqual(
    rowsOf(4, at, closed).map((row) => [row.index, Boolean(row.group)]),
    [
      [0, false],
      [1, true],
      [3, false],
    ],
  );
  assert.equal(rowsOf(4, at, () => true).length, 5);
});

test("entries that were not read yet have rows of their own", () => {
  assert.equal(rowsOf(7, () => null, closed).length, 7);
});

test("every entry has a place: its own row, or that of the group that hides it", () => {
  always((chance) => {
    const made = chance.list(30, () => chance.of([read, edit])).map((make, seq) => make(seq));
    const groups = fold(made);
    const open = new Set(groups.filter((group) => group && chance.next() < 0.5));
    const isOpen = (/** @type {Group} */ group) => open.has(group);
    const rows = rowsOf(made.length, (index) => groups[index], isOpen);
    made.forEach((_, index) => {
      const row = rows[rowIndexOf(rows, index)];
      const group = groups[index];
      if (group && !isOpen(group)) assert.equal(row.group, group);
      else assert.deepEqual(row, { index });
    });
  });
});

test("the next error is the one behind, and after the last the first again", () => {
  assert.equal(nextFailed([3, 9, 20], -1, false), 3);
  assert.equal(nextFailed([3, 9, 20], 3, false), 9);
  assert.equal(nextFailed([3, 9, 20], 20, false), 3);
  assert.equal(nextFailed([], 4, false), undefined);
});

test("backwards it is the error before, and before the first the last again", () => {
  assert.equal(nextFailed([3, 9, 20], 10, true), 9);
  assert.equal(nextFailed([3, 9, 20], 3, true), 20);
});

test("filters that would show nothing are not offered, and all entries always are", () => {
  assert.deepEqual(
    chipsOf({}, 0).map((chip) => chip.name),
    ["All"],
  );
});

test("filters say how many entries they show, tools by how often they were called", () => {
  const counts = {
    message_type: { USER_MESSAGE: 2, FINAL_ANSWER: 1, ACTION: 30 },
    tool_name: { Read: 4, "Bash & co": 26 },
    failed: 3,
  };
  assert.deepEqual(
    chipsOf(counts, 33).map(({ name, size }) => [name, size]),
    [
      ["All", 33],
      ["Errors", 3],
      ["Messages", 3],
      ["Bash & co", 26],
      ["Read", 4],
    ],
  );
  assert.equal(chipsOf(counts, 33)[3].filter, "tool_name=Bash+%26+co");
});

test("of very many tools the busiest twelve are offered", () => {
  const tools = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`tool${at}`, at + 1]));
  const names = chipsOf({ tool_name: tools }, 500).map((chip) => chip.name);
  assert.equal(names.length, 13);
  assert.equal(names[1], "tool29");
});
