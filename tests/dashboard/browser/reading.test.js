import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  clean,
  diffLines,
  diffStat,
  durationWords,
  firstLine,
  kindWord,
  moneyWords,
  sizeWords,
  targetOf,
  textOf,
  valueIn,
} from "../../../agent_runs/dashboard/browser/reading.js";
import { dotOf, RUNNING } from "../../../agent_runs/dashboard/browser/text/status.js";

// The cases that `tests/reading/` has for the same rules in Python.
const cases = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`../../reading/cases/${name}.json`, import.meta.url), "utf8"));

for (const { about, text, clean: cleaned, line } of cases("text")) {
  test(`text is clean: ${about}`, () => {
    assert.equal(clean(text), cleaned);
    assert.equal(firstLine(text), line);
  });
}

for (const { about, tool_input: input, target } of cases("target")) {
  test(`the target of a call: ${about}`, () => assert.equal(targetOf(input), target));
}

for (const { about, observation, text, has_more: hasMore } of cases("entry").texts) {
  test(`the text of an entry: ${about}`, () => {
    assert.equal(textOf({ observation }), text);
    assert.deepEqual(valueIn({ observation }), hasMore ? observation : null);
  });
}

test("kinds of entries have the same names as on the command line", () => {
  for (const [type, word] of cases("entry").kinds) assert.equal(kindWord(type), word);
});

for (const { about, diff, added, removed, kinds } of cases("diff_lines")) {
  test(`lines of a diff: ${about}`, () => {
    assert.deepEqual(diffStat(diff), { added, removed });
    assert.equal(
      diffLines(diff)
        .map((row) => row.kind)
        .join(""),
      kinds,
    );
  });
}

test("amounts are told in the same words as by the command line", () => {
  const { duration, size, money } = cases("amounts");
  for (const [milliseconds, words] of duration) assert.equal(durationWords(milliseconds), words);
  for (const [amount, currency, words] of money) assert.equal(moneyWords(amount, currency), words);
  for (const [bytes, words] of size) assert.equal(sizeWords(bytes), words);
});

test("dots and groups of statuses are those of Python", () => {
  const { dots, running } = cases("status");
  for (const [status, tone, dot] of dots) assert.equal(dotOf(status, tone), dot);
  assert.deepEqual(RUNNING, running);
});

test("what is not text is clean, too", () => {
  assert.deepEqual([null, undefined, 7].map(clean), ["", "", "7"]);
  assert.equal(targetOf(null), "");
});
