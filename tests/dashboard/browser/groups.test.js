import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, nameOfGroup } from "../../../agent_runs/dashboard/browser/entry/groups.js";
import { always } from "./chance.js";
import { call, entry } from "./entries.js";

const read = (/** @type {number} */ seq, more = {}) =>
  call(seq, "Read", { path: `src/${seq}.py` }, more);
const pytest = (/** @type {number} */ seq, more = {}) =>
  call(seq, "Bash", { command: "pytest" }, more);
const edit = (/** @type {number} */ seq) => call(seq, "Edit", { path: `src/${seq}.py` });

/** @param {Parameters<typeof fold>[0]} entries */
const names = (entries) => fold(entries).map((group) => group && nameOfGroup(group));

test("files that are read one after the other are one line", () => {
  const entries = [read(0), read(1), read(2)];
  assert.deepEqual(names(entries), Array(3).fill("Read 3 files"));
  assert.deepEqual(fold(entries)[0]?.targets, ["src/0.py", "src/1.py", "src/2.py"]);
});

test("reading and searching are one line that names both", () => {
  assert.equal(
    names([read(0), call(1, "Grep", { pattern: "x" })])[0],
    "Read 1 file, searched once",
  );
  const searches = [0, 1].map((seq) => call(seq, "Grep", { pattern: String(seq) }));
  assert.equal(names(searches)[0], "Searched twice");
});

test("one command run again is one line, however short the run", () => {
  const [group] = fold([pytest(0), pytest(1)]);
  assert.deepEqual([group?.same, group?.calls, group?.tool], [true, 2, "Bash"]);
});

test("one file read twice is still a look, and read three times a repetition", () => {
  const again = (/** @type {number} */ seq) => call(seq, "Read", { path: "same.py" });
  assert.equal(fold([again(0), again(1)])[0]?.same, false);
  assert.equal(fold([again(0), again(1), again(2)])[0]?.same, true);
});

test("a single call, an edit, a message and a failure stay on lines of their own", () => {
  const failed = pytest(3, { failed: true });
  const answer = entry(4, { message_type: "FINAL_ANSWER", observation: "Done" });
  assert.deepEqual(fold([read(0), edit(1), edit(2), failed, failed, answer]), Array(6).fill(null));
});

test("a plan between calls does not part them, a thought, another turn and a failure do", () => {
  const plan = entry(1, { message_type: "PLAN_EVALUATION" });
  const [first, within, last] = fold([read(0), plan, read(2)]);
  assert.ok(first && first === within && first === last);
  for (const more of [{ thought: "Hm" }, { turn: 2 }, { failed: true }]) {
    assert.deepEqual(fold([read(0), read(1, more)]), [null, null]);
  }
});

test("whatever the log, a group is one stretch of at least two calls", () => {
  always((chance) => {
    const made = chance.list(40, () => chance.of([read, pytest, edit, plan, thinking, failing]));
    const entries = made.map((make, seq) => make(seq));
    const groups = fold(entries);
    assert.equal(groups.length, entries.length);
    groups.forEach((group, at) => {
      if (!group) return;
      assert.ok(group.first <= at && at <= group.last);
      assert.equal(groups[group.first], group);
      assert.equal(groups[group.last], group);
      const calls = entries.slice(group.first, group.last + 1).filter((each) => each.tool_name);
      assert.ok(group.calls >= 2 && group.calls === calls.length);
      assert.ok(calls.every((each) => !each.failed));
    });
  });
});

const plan = (/** @type {number} */ seq) => entry(seq, { message_type: "PLAN_EVALUATION" });
const thinking = (/** @type {number} */ seq) => read(seq, { thought: "Hm" });
const failing = (/** @type {number} */ seq) => pytest(seq, { failed: true });
