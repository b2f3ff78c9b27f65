import assert from "node:assert/strict";
import { test } from "node:test";
import { fromFolder } from "../../../agent_runs/dashboard/browser/imports/files.js";
import { outcomeOf } from "../../../agent_runs/dashboard/browser/imports/jobs.js";
import {
  announcementOf,
  shownOf,
  stateOf,
  summaryOf,
  totalOf,
} from "../../../agent_runs/dashboard/browser/imports/words.js";

/** @import { Job } from "../../../agent_runs/dashboard/browser/imports/jobs.js" */

const result = (more = {}) => ({ imported: 0, updated: 0, known: 0, logs: 0, runs: [], ...more });
/** @returns {Job} */
const job = (/** @type {number} */ key, /** @type {Partial<Job>} */ more = {}) => ({
  key,
  file: new File(["12345"], `${key}.jsonl`),
  name: `${key}.jsonl`,
  path: `${key}.jsonl`,
  phase: "waiting",
  sent: 0,
  ...more,
});

test("what became of the runs of a file is said in one line", () => {
  const line = summaryOf(result({ imported: 2, known: 1, logs: 1234 }));
  assert.equal(line, "2 imported · 1 already here · 1,234 steps stored");
  assert.equal(summaryOf(result({ known: 3 })), "3 already here · nothing changed");
  assert.equal(summaryOf(result()), "The file has no runs");
});

test("a file says where it is on its way", () => {
  assert.equal(stateOf(job(1)), "Waiting for its turn");
  assert.equal(stateOf(job(1, { phase: "sending", sent: 1 })), "1 byte of 5 bytes sent");
  assert.equal(stateOf(job(1, { phase: "failed" })), "Not imported");
  assert.equal(stateOf(job(1, { phase: "cancelled" })), "Cancelled");
});

test("many files are told as one total, in the singular where there is one", () => {
  const jobs = [
    job(1, { phase: "done", result: result({ imported: 1, updated: 2 }) }),
    job(2, { phase: "failed" }),
    job(3),
  ];
  assert.equal(totalOf(jobs), "1 run imported · 2 updated · 1 file refused");
  assert.equal(totalOf([job(1)]), "");
});

test("of many files the refused ones, the one under way, the next and the last are shown", () => {
  const phases = /** @type {const} */ (["done", "failed", "sending", "waiting"]);
  const jobs = Array.from({ length: 80 }, (_, at) =>
    job(at, { phase: phases[Math.floor(at / 20)] }),
  );
  const { shown, waiting, done } = shownOf(jobs);
  assert.deepEqual(
    shown.map((each) => each.phase),
    [
      ...Array(20).fill("failed"),
      ...Array(20).fill("sending"),
      ...Array(3).fill("waiting"),
      ...Array(10).fill("done"),
    ],
  );
  assert.equal(shown.at(-1)?.key, 10, "the last ones that are done, newest first");
  assert.deepEqual([waiting, done], [17, 10]);
});

test("few files are shown in the order in which they were chosen", () => {
  const jobs = [job(1, { phase: "done" }), job(2, { phase: "failed" })];
  assert.deepEqual(shownOf(jobs), { shown: jobs, waiting: 0, done: 0 });
});

test("a screen reader hears each of few files, and of many only the total at the end", () => {
  const done = job(1, { phase: "done", result: result({ imported: 1, logs: 1 }) });
  assert.equal(announcementOf([done, job(2)]), "1.jsonl: 1 imported · 1 step stored");
  const many = Array.from({ length: 13 }, (_, at) => ({ ...done, key: at }));
  assert.equal(announcementOf([...many, job(99)]), "");
  assert.equal(announcementOf(many), "13 runs imported");
});

test("of a folder only what can be imported is taken, parts in the order of their numbers", () => {
  const names = ["part-10.jsonl", "notes.txt", "part-9.JSONL", "a.ndjson"];
  const files = fromFolder(names.map((name) => new File([], name)));
  assert.deepEqual(
    files.map((each) => each.name),
    ["a.ndjson", "part-9.JSONL", "part-10.jsonl"],
  );
});

test("an answer of the API says why a file was refused, and what to do", () => {
  const refused = outcomeOf(422, JSON.stringify({ message: "Line 4: the file ends." }));
  assert.deepEqual(refused, { phase: "failed", problem: "Line 4: the file ends.", advice: "" });
  assert.match(outcomeOf(401, "{}").advice ?? "", /AGENT_RUNS_API_TOKEN/);
});

test("an answer of a proxy is no result, however it looks", () => {
  for (const text of ["<html>", "null", '{"message": 7}', "[]"]) {
    for (const status of [200, 502]) {
      const outcome = outcomeOf(status, text);
      assert.equal(outcome.problem, `The server answered ${status}.`);
      assert.match(outcome.advice ?? "", /Try again/);
    }
  }
});

test("an answer with runs is the result", () => {
  const text = JSON.stringify(result({ imported: 1 }));
  assert.deepEqual(outcomeOf(200, text), { phase: "done", result: result({ imported: 1 }) });
});
