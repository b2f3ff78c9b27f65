import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { diffRows } from "../../../agent_runs/dashboard/browser/text/diffs.js";
import { endsOf, hitIn, sizeOfHidden } from "../../../agent_runs/dashboard/browser/text/ends.js";
import { jsonParts } from "../../../agent_runs/dashboard/browser/text/json.js";
import { markText, pieces } from "../../../agent_runs/dashboard/browser/text/marks.js";
import { counted } from "../../../agent_runs/dashboard/browser/text/numbers.js";
import { ago, elapsed, took } from "../../../agent_runs/dashboard/browser/text/times.js";
import { always } from "./chance.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CASES = new URL("../../reading/cases/amounts.json", import.meta.url);

test("the places of words are found in any case, and nothing of the text is lost", () => {
  assert.deepEqual(pieces("An error, an ERROR", "Error"), [
    ["An ", false],
    ["error", true],
    [", an ", false],
    ["ERROR", true],
  ]);
  always((chance) => {
    const text = chance.list(40, () => chance.of([..."aAbB \n"])).join("");
    const words = chance.list(3, () => chance.of([..."ab "])).join("");
    const found = pieces(text, words);
    assert.equal(found.map(([piece]) => piece).join(""), text);
    const hits = found.filter(([, isHit]) => isHit);
    assert.ok(hits.every(([piece]) => piece.toLowerCase() === words.toLowerCase()));
  });
});

test("a letter that is longer in lower case moves no mark", () => {
  assert.deepEqual(pieces("İstanbul error", "error"), [["İstanbul error", false]]);
});

test("marks in Markdown are put into its text and nowhere else", () => {
  const tree = {
    type: "root",
    children: [{ type: "element", children: [{ type: "text", value: "so it failed" }] }],
  };
  markText("it")()(tree);
  const [paragraph] = tree.children;
  assert.deepEqual(
    paragraph.children.map((node) => node.type),
    ["text", "element", "text"],
  );
});

test("a short text is shown whole", () => {
  assert.equal(endsOf("one\ntwo"), null);
  assert.equal(endsOf("line\n".repeat(59)), null);
});

test("of a long text both ends are shown, and the size of the middle is said", () => {
  const ends = endsOf(Array.from({ length: 100 }, (_, at) => `line ${at}`).join("\n"));
  assert.ok(ends);
  assert.ok(ends.head.startsWith("line 0\n") && ends.head.endsWith("line 39"));
  assert.ok(ends.tail.startsWith("line 80\n") && ends.tail.endsWith("line 99"));
  assert.equal(sizeOfHidden(ends.hidden), "41 lines");
});

test("one line of a megabyte has ends, too", () => {
  const ends = endsOf("x".repeat(1_000_000));
  assert.equal(ends && sizeOfHidden(ends.hidden), counted(991_000, "character"));
});

test("whatever the text, its ends and its middle are the text", () => {
  always((chance) => {
    const line = () => "x".repeat(chance.upTo(chance.of([10, 3000])));
    const text = chance.list(150, line).join("\n");
    const ends = endsOf(text);
    if (ends) assert.equal(ends.head + ends.hidden + ends.tail, text);
  });
});

test("a hit in the middle is shown with what is around it", () => {
  const hit = hitIn(`${"x".repeat(5000)}Needle${"y".repeat(5000)}`, "needle");
  assert.equal(hit, `${"x".repeat(300)}Needle${"y".repeat(300)}`);
  assert.equal(hitIn("abc", "needle"), "");
  assert.equal(hitIn("abc", ""), "");
});

test("JSON is coloured by what its parts are, and nothing of it is lost", () => {
  const text = JSON.stringify({ "a:b": [1, -2.5e-30, true, null, 'say "it": 1'] }, null, 2);
  const parts = jsonParts(text);
  assert.equal(parts.map((part) => part.text).join(""), text);
  assert.deepEqual(
    parts.filter((part) => part.kind).map((part) => [part.kind, part.text]),
    [
      ["key", '"a:b"'],
      ["num", "1"],
      ["num", "-2.5e-30"],
      ["lit", "true"],
      ["lit", "null"],
      ["str", '"say \\"it\\": 1"'],
    ],
  );
});

test("lines of a diff have their numbers in both files", () => {
  const diff = [
    "diff --git a/x b/x",
    "index 1..2 100644",
    "--- a/x",
    "+++ b/x",
    "@@ -7,3 +7,3 @@ def f():",
    " same",
    "-gone",
    "+new",
    " end",
    "",
  ].join("\n");
  assert.deepEqual(
    diffRows(diff).map(({ kind, before, after, text }) => [kind, before, after, text]),
    [
      ["h", null, null, "@@ -7,3 +7,3 @@ def f():"],
      [" ", 7, 7, "same"],
      ["-", 8, null, "gone"],
      ["+", null, 8, "new"],
      [" ", 9, 9, "end"],
    ],
  );
});

test("removed and added lines that look like the head of a diff are shown as lines", () => {
  const diff = "--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1,2 @@\n--- a comment\n same\n+++ i\n";
  assert.deepEqual(
    diffRows(diff).map(({ kind, text }) => kind + text),
    ["h@@ -1,2 +1,2 @@", "--- a comment", " same", "+++ i"],
  );
});

test("times that passed are told in one unit", () => {
  const told = [0, 9, 59, 60, 3599, 7200].map((seconds) => ago(0, seconds * SECOND));
  assert.deepEqual(told, [
    "just now",
    "just now",
    "50 s ago",
    "1 min ago",
    "59 min ago",
    "2 h ago",
  ]);
  assert.equal(ago(0, DAY), "1 day ago");
  assert.equal(ago(0, 29 * DAY), "29 days ago");
  assert.equal(ago(0, 30 * DAY), new Date(0).toLocaleDateString());
  assert.equal(ago(5000, 0), "just now", "clocks of two machines differ");
});

test("a time that goes on is told to the second", () => {
  assert.deepEqual([0, 59.9 * SECOND, 61 * SECOND, HOUR + 5 * MINUTE].map(elapsed), [
    "0s",
    "59s",
    "1m 01s",
    "1h 05m",
  ]);
});

test("a time that has ended is told as in the tables of Python", () => {
  for (const [milliseconds, words] of JSON.parse(readFileSync(CASES, "utf8")).brief) {
    assert.equal(took(milliseconds), words);
    if (milliseconds >= 10 * SECOND) assert.equal(elapsed(milliseconds), words);
  }
});
