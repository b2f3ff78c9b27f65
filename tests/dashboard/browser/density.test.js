import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import {
  currentDensity,
  setDensity,
  subscribe,
} from "../../../agent_runs/dashboard/browser/frame/density.js";
import { CLOSED, provide, storageOf } from "./storage.js";

const KEY = "agent_runs_density";
const BEFORE_PAINT = readFileSync(new URL("../../../assets/density.js", import.meta.url), "utf8");

/** A document that shows nothing, with what `density.js` writes into it. */
const blank = () => ({ documentElement: { dataset: /** @type {{ density?: string }} */ ({}) } });

/** @param {object} localStorage */
function densityBeforePaint(localStorage) {
  const document = blank();
  runInNewContext(BEFORE_PAINT, { document, localStorage });
  return document.documentElement.dataset.density;
}

test("a page is comfortable until someone chooses", () => {
  provide("document", blank());
  assert.equal(currentDensity(), "comfortable");
  assert.equal(densityBeforePaint(storageOf()), "comfortable");
});

test("a choice holds at once, and before the next page is painted", () => {
  const storage = storageOf();
  provide("localStorage", storage);
  provide("document", blank());
  setDensity("compact");
  assert.equal(currentDensity(), "compact");
  assert.equal(densityBeforePaint(storage), "compact");
});

test("without storage a choice lasts as long as the page", () => {
  provide("localStorage", CLOSED);
  provide("document", blank());
  setDensity("compact");
  assert.equal(currentDensity(), "compact");
  assert.equal(densityBeforePaint(CLOSED), "comfortable");
});

test("listeners hear of choices here and in other tabs until they leave", () => {
  const tab = new EventTarget();
  const chosenElsewhere = (/** @type {object} */ facts) =>
    tab.dispatchEvent(Object.assign(new Event("storage"), facts));
  provide("window", tab);
  provide("localStorage", storageOf());
  provide("document", blank());
  /** @type {string[]} */
  const heard = [];
  const leave = subscribe(() => heard.push(currentDensity()));
  setDensity("compact");
  chosenElsewhere({ key: KEY, newValue: "comfortable" });
  chosenElsewhere({ key: "another", newValue: "compact" });
  chosenElsewhere({ key: KEY, newValue: null });
  assert.deepEqual(heard, ["compact", "comfortable"]);
  leave();
  setDensity("compact");
  chosenElsewhere({ key: KEY, newValue: "comfortable" });
  assert.deepEqual(heard, ["compact", "comfortable"]);
});
