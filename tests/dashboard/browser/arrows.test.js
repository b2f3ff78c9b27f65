import assert from "node:assert/strict";
import { test } from "node:test";
import { stepOf } from "../../../agent_runs/dashboard/browser/arrows.js";

test("only the arrows up and down move through a list", () => {
  const keys = ["ArrowDown", "ArrowUp", "ArrowLeft", "j", "Enter", ""];
  assert.deepEqual(keys.map(stepOf), [1, -1, 0, 0, 0, 0]);
});
