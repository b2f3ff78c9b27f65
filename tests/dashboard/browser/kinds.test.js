import assert from "node:assert/strict";
import { test } from "node:test";
import {
  diffsOf,
  exitCodeOf,
  isMessage,
} from "../../../agent_runs/dashboard/browser/entry/kinds.js";

test("prompts and final answers are messages, all other entries are not", () => {
  const types = ["USER_MESSAGE", "FINAL_ANSWER", "ACTION", "ERROR", "A_LATER_TYPE"];
  assert.deepEqual(
    types.filter((message_type) => isMessage({ message_type })),
    ["USER_MESSAGE", "FINAL_ANSWER"],
  );
});

test("an exit code is a number, and 0 is one", () => {
  assert.equal(exitCodeOf({ tool_output: { exit_code: 0 } }), 0);
  assert.equal(exitCodeOf({ tool_output: { exit_code: 127 } }), 127);
  assert.equal(exitCodeOf({ tool_output: { exit_code: "1" } }), null);
  assert.equal(exitCodeOf({ tool_output: {} }), null);
  assert.equal(exitCodeOf({ tool_output: null }), null);
});

test("only diffs with text are shown as diffs", () => {
  const diff = { path: "a.py", unified: "@@ -1 +1 @@\n-a\n+b" };
  const diffs = [diff, null, { path: "b.py" }, { path: "c.py", unified: 3 }];
  assert.deepEqual(diffsOf({ tool_output: { diffs } }), [diff]);
  assert.deepEqual(diffsOf({ tool_output: { diffs: "none" } }), []);
  assert.deepEqual(diffsOf({ tool_output: null }), []);
});
