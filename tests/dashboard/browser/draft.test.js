import assert from "node:assert/strict";
import { test } from "node:test";
import { keepDraft, readDraft } from "../../../agent_runs/dashboard/browser/composer/draft.js";
import { CLOSED, provide, storageOf } from "./storage.js";

test("a draft is read as it was kept, each under its key", () => {
  provide("localStorage", storageOf());
  assert.equal(readDraft("run-1"), "");
  keepDraft("run-1", "Fix the\ntests");
  keepDraft("run-2", "Another");
  assert.equal(readDraft("run-1"), "Fix the\ntests");
  assert.equal(readDraft("run-2"), "Another");
});

test("an empty draft leaves nothing in the browser", () => {
  const texts = new Map([["run-1", "sent"]]);
  provide("localStorage", storageOf(texts));
  keepDraft("run-1", "");
  assert.equal(texts.size, 0);
});

test("a private window has no drafts, and typing works all the same", () => {
  provide("localStorage", CLOSED);
  keepDraft("run-1", "text");
  assert.equal(readDraft("run-1"), "");
});
