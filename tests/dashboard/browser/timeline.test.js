import assert from "node:assert/strict";
import { test } from "node:test";
import { axisOf } from "../../../agent_runs/dashboard/browser/timeline/axis.js";
import { covered, phases } from "../../../agent_runs/dashboard/browser/timeline/phases.js";
import { openRows, timelineRows } from "../../../agent_runs/dashboard/browser/timeline/rows.js";
import {
  openQuestions,
  shortOf,
  turnSpans,
  waitSpans,
} from "../../../agent_runs/dashboard/browser/timeline/spans.js";
import { always } from "./chance.js";
import { call, entry } from "./entries.js";

/** @import { Chance } from "./chance.js" */
/** @import { Question } from "../../../agent_runs/dashboard/browser/shapes.d.ts" */

const MINUTE = 60_000;
const span = (/** @type {number} */ start, /** @type {number} */ end) => ({ start, end });
const iso = (/** @type {number} */ time) => new Date(time).toISOString();

/** @param {Chance} chance */
function randomTurns(chance) {
  let time = 0;
  return chance.list(8, () => {
    const start = time + chance.upTo(chance.of([1000, 10 * MINUTE]));
    time = start + 1 + chance.upTo(3 * MINUTE);
    return span(start, time);
  });
}

/** @param {Partial<Question>} more */
const question = (more) => /** @type {Question} */ ({ id: 1, turn: 1, state: "answered", ...more });

test("time that two things take at once counts once", () => {
  assert.equal(covered([span(0, 10), span(5, 15), span(20, 30)], span(0, 100)), 25);
  assert.equal(covered([span(0, 100)], span(40, 60)), 20);
});

test("waiting comes before tools, tools before the model; between turns nobody works", () => {
  const used = phases([span(0, 100), span(150, 200)], [span(10, 50)], [span(20, 40)]);
  assert.deepEqual(used, { waiting: 20, tools: 20, model: 110, idle: 50 });
});

test("whatever overlaps, the shares of a run add up to the time of its turns", () => {
  always((chance) => {
    const turns = randomTurns(chance);
    const end = turns.at(-1)?.end ?? 0;
    const some = () => {
      const start = chance.upTo(end);
      return span(start, start + chance.upTo(5 * MINUTE));
    };
    const used = phases(turns, chance.list(6, some), chance.list(4, some));
    const length = turns.reduce((sum, turn) => sum + turn.end - turn.start, 0);
    assert.equal(used.model + used.tools + used.waiting, length);
    assert.ok(Object.values(used).every((share) => share >= 0));
  });
});

test("an axis goes from 0 to 100 percent and never backwards", () => {
  always((chance) => {
    const turns = randomTurns(chance);
    const axis = axisOf(turns, chance.next() < 0.5, 14);
    const end = turns.at(-1)?.end ?? 0;
    let last = 0;
    for (let time = -MINUTE; time <= end + MINUTE; time += 7777) {
      const at = axis.x(time);
      assert.ok(at >= last && at <= 100, `${at} after ${last}`);
      last = at;
    }
    if (turns.length) assert.ok(Math.abs(axis.x(end) - 100) < 1e-9);
  });
});

test("long gaps between turns take a fixed share of the axis when they are collapsed", () => {
  const turns = [span(0, 10 * MINUTE), span(100 * MINUTE, 110 * MINUTE)];
  const axis = axisOf(turns, true, 14);
  assert.equal(axis.hidden, 90 * MINUTE);
  assert.deepEqual(axis.gaps, [{ at: 47.5, width: 5 }]);
  assert.equal(axis.x(100 * MINUTE), 52.5);
  assert.equal(axis.x(50 * MINUTE), 47.5, "nothing is drawn within a gap");
  assert.deepEqual(axisOf(turns, false, 14).gaps, []);
});

test("a pause of less than a minute is no gap", () => {
  assert.deepEqual(axisOf([span(0, MINUTE), span(1.9 * MINUTE, 3 * MINUTE)], true, 14).gaps, []);
});

test("ticks stand on round times, apart from each other and from the right edge", () => {
  always((chance) => {
    const { ticks } = axisOf(randomTurns(chance), true, 14);
    ticks.forEach((tick, at) => {
      assert.ok(tick.at < 94);
      if (at > 0) assert.ok(tick.at - ticks[at - 1].at > 14);
    });
  });
});

test("a turn that goes on ends now, and one that never began is not there", () => {
  const turns = [
    { turn: 2, created: iso(50_000), started: "", finished: "" },
    { turn: 1, created: iso(0), started: iso(1000), finished: iso(9000) },
    { turn: 3, created: "", started: "", finished: "" },
  ];
  assert.deepEqual(turnSpans(turns, 80_000), [
    { number: 1, start: 1000, end: 9000 },
    { number: 2, start: 50_000, end: 80_000 },
  ]);
});

test("a run waits from a question to its answer, to now, or to the end of the turn", () => {
  const turns = [{ number: 1, start: 0, end: 50_000 }];
  const asked = { created_at: iso(10_000) };
  const ends = [
    question({ ...asked, answered_at: iso(12_000) }),
    question({ ...asked, state: "pending" }),
    question({ ...asked, state: "expired" }),
  ].map((each) => waitSpans([each], turns, 70_000)[0].end);
  assert.deepEqual(ends, [12_000, 70_000, 50_000]);
});

test("a question without an answer has a row with the words it was asked in", () => {
  const [row] = openQuestions(
    [
      question({ created_at: iso(0) }),
      question({ id: 7, created_at: iso(5000), state: "pending", tool_call: { title: "rm -r x" } }),
    ],
    9000,
  );
  assert.deepEqual(row, { id: 7, text: "rm -r x", start: 5000, end: 9000 });
});

test("steps are below their turn, with what the model took before what the tool took", () => {
  const entries = [
    entry(0, { message_type: "USER_MESSAGE", observation: "Do it" }),
    call(5, "Bash", { command: "make" }, { duration_ms: 3000, failed: true }),
    entry(9, { message_type: "FINAL_ANSWER", observation: "Done" }),
  ].map(shortOf);
  const rows = timelineRows(entries, [{ number: 1, start: 0, end: 9000 }]);
  assert.deepEqual(
    rows.map((row) => (row.type === "step" ? row.name : row.type)),
    ["turn", "Prompt", "Bash", "Answer"],
  );
  assert.deepEqual(rows[2].bars, [
    { start: 0, end: 5000, kind: "model" },
    { start: 5000, end: 8000, kind: "err" },
  ]);
  assert.deepEqual(rows[3].bars, [{ start: 8000, end: 9000, kind: "model" }]);
});

test("a group of steps is one row with all of its bars", () => {
  const entries = [1, 2, 3].map((seq) =>
    shortOf(call(seq, "Read", { path: `${seq}.py` }, { duration_ms: 200 })),
  );
  const [, row, ...rest] = timelineRows(entries, [{ number: 1, start: 0, end: 9000 }]);
  assert.deepEqual(rest, []);
  assert.equal(row.type === "step" && row.name, "Read 3 files");
  assert.equal(row.bars.filter((bar) => bar.kind === "tool").length, 3);
  assert.equal(row.end, 3200);
});

test("rows of a turn that is closed are hidden, its own row is not", () => {
  const entries = [shortOf(entry(1)), shortOf(entry(2, { turn: 2 }))];
  const turns = [
    { number: 1, start: 0, end: 1500 },
    { number: 2, start: 1500, end: 3000 },
  ];
  const rows = openRows(timelineRows(entries, turns), new Set([1]));
  assert.deepEqual(
    rows.map((row) => row.key),
    ["turn1", "turn2", 2],
  );
});
