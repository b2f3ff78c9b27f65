// The outcome of imports, in words.
import { sizeWords } from "../reading.js";
import { isOpen } from "./jobs.js";

/** @import { ImportResult } from "../shapes.d.ts" */
/** @import { Job, Phase } from "./jobs.js" */

const FEW = 12;
const LATEST = 10;
const NEXT_UP = 3;

/** @type {Record<string, string>} */
export const OUTCOMES = { imported: "Imported", updated: "Updated", known: "Already here" };

/** @param {number} number */
export const count = (number) => number.toLocaleString("en");

/**
 * @param {number} number
 * @param {string} noun
 */
export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** @param {ImportResult} result */
export function summaryOf({ imported, updated, known, logs }) {
  const words = [
    imported && `${count(imported)} imported`,
    updated && `${count(updated)} updated`,
    known && `${count(known)} already here`,
  ].filter(Boolean);
  if (!words.length) return "The file has no runs";
  const steps = imported + updated ? `${counted(logs, "step")} stored` : "nothing changed";
  return [...words, steps].join(" · ");
}

/** @param {Job} job */
export function stateOf({ phase, sent, file, result }) {
  if (phase === "waiting") return "Waiting for its turn";
  if (phase === "sending") return `${sizeWords(sent)} of ${sizeWords(file.size)} sent`;
  if (phase === "storing") return "Being checked and stored; its runs will appear together";
  if (phase === "cancelled") return "Cancelled";
  return phase === "done" && result ? summaryOf(result) : "Not imported";
}

/**
 * The outcome of all files together; empty while there is none.
 *
 * @param {readonly Job[]} jobs
 */
export function totalOf(jobs) {
  const results = jobs.flatMap((job) => job.result ?? []);
  const sum = (/** @type {"imported" | "updated" | "known"} */ name) =>
    results.reduce((total, result) => total + result[name], 0);
  const refused = jobs.filter((job) => job.phase === "failed").length;
  const parts = [
    sum("imported") && `${counted(sum("imported"), "run")} imported`,
    sum("updated") && `${count(sum("updated"))} updated`,
    sum("known") && `${count(sum("known"))} already here`,
    refused && `${counted(refused, "file")} refused`,
  ];
  return parts.filter(Boolean).join(" · ");
}

/**
 * Of many files, those that matter: the refused ones, the current one, the next ones, and the ones
 * that were done last.
 *
 * @param {readonly Job[]} jobs
 */
export function shownOf(jobs) {
  if (jobs.length <= FEW) return { shown: jobs, waiting: 0, done: 0 };
  const of = (/** @type {Phase[]} */ ...phases) => jobs.filter((job) => phases.includes(job.phase));
  const waiting = of("waiting");
  const done = of("done").reverse();
  return {
    shown: [
      ...of("failed", "cancelled"),
      ...of("sending", "storing"),
      ...waiting.slice(0, NEXT_UP),
      ...done.slice(0, LATEST),
    ],
    waiting: Math.max(waiting.length - NEXT_UP, 0),
    done: Math.max(done.length - LATEST, 0),
  };
}

/**
 * What a screen reader announces: the last file that has ended, or the total of many.
 *
 * @param {readonly Job[]} jobs
 */
export function announcementOf(jobs) {
  if (jobs.length > FEW) return jobs.some(isOpen) ? "" : totalOf(jobs);
  const last = jobs.findLast((job) => !isOpen(job));
  return last ? `${last.name}: ${stateOf(last)}` : "";
}
