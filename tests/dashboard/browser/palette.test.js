import assert from "node:assert/strict";
import { test } from "node:test";
import { addressWith } from "../../../agent_runs/dashboard/browser/address.js";
import { keysOf, PAGES } from "../../../agent_runs/dashboard/browser/frame/pages.js";
import { iconOf, titleOf } from "../../../agent_runs/dashboard/browser/frame/tab.js";
import {
  commandsOfPages,
  commandsOfRun,
  matching,
} from "../../../agent_runs/dashboard/browser/palette/commands.js";
import { addressOf, presentQuery } from "../../../agent_runs/dashboard/browser/views/views.js";

/** @import { Run } from "../../../agent_runs/dashboard/browser/shapes.d.ts" */

const nothing = () => {};
const actions = {
  go: nothing,
  onStop: nothing,
  onArchive: nothing,
  onRestore: nothing,
  copy: nothing,
  download: nothing,
};
const offers = (/** @type {Partial<Run>} */ fields, isItsPage = true) => {
  const run = /** @type {Run} */ ({ id: 7, can: ["resume", "queue"], ...fields });
  return commandsOfRun(run, actions, isItsPage).map((command) => command.text);
};
const ALWAYS = ["Show its changes", "Copy its link", "Download its log"];

test("a run that works can be stopped, and one that asks be answered", () => {
  assert.deepEqual(offers({ status: "ACTIVE", has_ended: false }), ["Stop", ...ALWAYS]);
  assert.deepEqual(offers({ status: "PAUSED", has_ended: false }), [
    "Answer its question",
    "Stop",
    ...ALWAYS,
  ]);
});

test("a run that has ended can go on and be archived, an archived one come back", () => {
  const ended = { status: "COMPLETE", has_ended: true };
  assert.deepEqual(offers(ended), ["Resume", "Archive", ...ALWAYS]);
  const archived = { ...ended, archived_at: "2026-01-01T00:00:00Z" };
  assert.deepEqual(offers(archived), ["Resume", "Restore", ...ALWAYS]);
});

test("a run that takes no further prompt cannot be resumed", () => {
  const ended = { status: "COMPLETE", has_ended: true };
  assert.ok(!offers({ ...ended, can: [] }).includes("Resume"));
});

test("a run of a list can be opened", () => {
  assert.equal(offers({ status: "ACTIVE", has_ended: false }, false)[0], "Open");
});

test("commands are found by words of their group and text, in any order and case", () => {
  const pages = commandsOfPages(nothing, "");
  const texts = (/** @type {string} */ words) => matching(pages, words).map(({ text }) => text);
  assert.deepEqual(texts("RUN new"), ["New run"]);
  assert.deepEqual(texts("go analytics"), ["Analytics"]);
  assert.deepEqual(texts("nowhere"), []);
  assert.equal(texts(" ").length, pages.length);
});

test("a page of the palette names the keys that go there", () => {
  /** @type {string[]} */
  const paths = [];
  const withKeys = commandsOfPages((path) => paths.push(path), "").filter(({ keys }) => keys);
  for (const { act } of withKeys) act();
  assert.deepEqual(
    withKeys.map(({ keys }) => keys),
    paths.map((path) => (path === "/new" ? "C" : keysOf(path))),
  );
  assert.deepEqual(paths.sort(), Object.values(PAGES).sort());
});

test("what the API found is shown although its name has other words", () => {
  const hit = { group: "Runs", text: "Webhooks", isHit: true, act: nothing };
  assert.deepEqual(matching([hit], "stripe"), [hit]);
});

test("words that are typed can be searched for", () => {
  /** @type {string[]} */
  const paths = [];
  const search = commandsOfPages((path) => paths.push(path), " a&b ").find(({ text }) =>
    text.startsWith("Search"),
  );
  search?.act();
  assert.deepEqual(paths, ["/search?q=a%26b"]);
});

test("a view of the list keeps its filters and nothing else of the address", () => {
  const search = "?status=ACTIVE%2CERROR&page=3&sort=oldest&q=a+b&mode=";
  assert.equal(presentQuery("runs", search), "status=ACTIVE,ERROR&q=a+b");
  assert.equal(presentQuery("search", "?q=+x+&order=best"), "x");
});

test("a view leads back to what it was saved from", () => {
  const query = presentQuery("runs", "?q=a%26b&status=ERROR");
  const address = addressOf({ kind: "runs", query });
  assert.equal(presentQuery("runs", new URL(address, "http://x").search), query);
  assert.equal(addressOf({ kind: "search", query: "a&b" }), "/search?q=a%26b");
});

test("a parameter of the address is set, and taken away by nothing", () => {
  const address = addressWith("http://x/runs/1?tab=raw&q=a", { step: "4", tab: "" });
  assert.equal(address, "http://x/runs/1?q=a&step=4");
});

test("the title of a tab says how many runs wait and run", () => {
  assert.equal(titleOf("Runs", 0, 0), "Runs · Agent runs");
  assert.equal(titleOf("Runs", 2, 1), "(1 waiting, 2 running) Runs · Agent runs");
});

test("the icon of a tab counts runs that wait before runs that run, up to 99", () => {
  const text = (/** @type {number} */ running, /** @type {number} */ waiting) =>
    />(\d+)<\/text>/.exec(decodeURIComponent(iconOf(running, waiting)))?.[1];
  assert.deepEqual([text(0, 0), text(3, 0), text(3, 2), text(500, 0)], [undefined, "3", "2", "99"]);
});
