// Files on their way to the API. They live outside any component, so an import continues while
// somebody looks at other pages. The browser reads each file from disk while sending it: nothing is
// held in memory, and nothing goes through Reflex state.
import { getJson } from "../api.js";
import { readLimits } from "../limits.js";
import { clean } from "../reading.js";
import { pathOf } from "./files.js";

/** @import { ImportResult, Run } from "../shapes.d.ts" */
/** @typedef {"waiting" | "sending" | "storing" | "done" | "failed" | "cancelled"} Phase */
/**
 * @typedef {object} Job
 * @property {number} key
 * @property {File} file
 * @property {string} name
 * @property {string} path
 * @property {Phase} phase
 * @property {number} sent bytes
 * @property {string} [problem] why it failed
 * @property {string} [advice] what to do about it, or what a cancelled one left behind
 * @property {boolean} [isGone] whether the file itself can no longer be read
 * @property {ImportResult} [result]
 * @property {Record<number, string>} [titles] of its runs
 */

/** How many runs of a file are listed with their titles. */
export const RUNS_NAMED = 6;

const WHOLE = "A file is imported whole or not at all";
const TRY_AGAIN = `${WHOLE}. Try again: runs that are already here stay as they are.`;
/** @type {Record<number, string>} */
const ADVICE = {
  401: "Set the dashboard's AGENT_RUNS_API_TOKEN to the API's token.",
  413: "Raise that setting of the API, or export fewer runs into each file.",
  422: "", // the message says it
  503: `${WHOLE}. Try again once that is fixed.`,
};

/** @type {Job[]} */
let jobs = [];
let lastKey = 0;
/** @type {{ key: number, xhr: XMLHttpRequest } | null} */
let request = null;
let limits = { import_limit_bytes: Number.POSITIVE_INFINITY };
/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {() => void} listener */
export function subscribe(listener) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export const allJobs = () => jobs;

/** @param {Job} job */
export const isUnderWay = (job) => job.phase === "sending" || job.phase === "storing";
/** @param {Job} job */
export const isOpen = (job) => job.phase === "waiting" || isUnderWay(job);

/** @param {Job[]} now */
function show(now) {
  jobs = now;
  for (const listener of listeners) listener();
}

/**
 * @param {number} key
 * @param {Partial<Job>} changes
 */
const change = (key, changes) =>
  show(jobs.map((job) => (job.key === key ? { ...job, ...changes } : job)));

/** @param {readonly File[]} files */
export function add(files) {
  const added = files.map((file) => {
    lastKey += 1;
    const name = clean(file.name) || "file without a name";
    const path = clean(pathOf(file)) || name;
    return { key: lastKey, file, name, path, phase: /** @type {Phase} */ ("waiting"), sent: 0 };
  });
  show([...jobs, ...added]);
  next();
}

/** @param {number} key */
export async function again(key) {
  change(key, { phase: "waiting", sent: 0, problem: "", advice: "" });
  await learnLimit();
  next();
}

/** @param {number} key */
export function cancel(key) {
  const job = jobs.find((other) => other.key === key);
  if (job?.phase === "waiting") change(key, { phase: "cancelled", advice: "" });
  else if (request?.key === key) request.xhr.abort();
}

export function cancelAll() {
  // Cancel the waiting ones first: when the running one ends, the next would begin.
  const waiting = jobs.filter((job) => job.phase === "waiting");
  for (const job of [...waiting, ...jobs.filter(isUnderWay)]) cancel(job.key);
}

/** Remove what has ended from the list. */
export const forget = () => show(jobs.filter(isOpen));

export async function learnLimit() {
  limits = await readLimits(limits);
}

/** @param {BeforeUnloadEvent} event */
const keepTab = (event) => event.preventDefault();

/** Send the next file, one at a time, as the API takes them. */
function next() {
  if (request) return;
  const job = jobs.find(({ phase }) => phase === "waiting");
  if (!job) {
    window.removeEventListener("beforeunload", keepTab);
  } else if (job.file.size > limits.import_limit_bytes) {
    const bytes = limits.import_limit_bytes.toLocaleString("en");
    const setting = `${bytes} bytes, AGENT_RUNS_IMPORT_LIMIT_BYTES`;
    const problem = `The file is over ${setting}. Nothing was imported.`;
    change(job.key, { phase: "failed", problem, advice: ADVICE[413] });
    next();
  } else {
    window.addEventListener("beforeunload", keepTab);
    send(job);
  }
}

/** @param {Job} job */
function send({ key, file }) {
  const xhr = new XMLHttpRequest();
  let isSent = false;
  const end = (/** @type {Partial<Job>} */ changes) => {
    request = null;
    change(key, changes);
    next();
  };
  request = { key, xhr };
  change(key, { phase: "sending" });
  xhr.open("POST", "/api/imports");
  xhr.setRequestHeader("content-type", "application/x-ndjson");
  xhr.setRequestHeader("accept", "application/json");
  xhr.upload.onprogress = (event) => change(key, { sent: event.loaded });
  xhr.upload.onload = () => {
    isSent = true;
    change(key, { phase: "storing", sent: file.size });
  };
  xhr.onload = () => end(outcomeOf(xhr.status, xhr.responseText));
  xhr.onabort = () => end({ phase: "cancelled", advice: adviceOnCancel(isSent) });
  xhr.onerror = async () => end({ phase: "failed", ...(await reasonOf(file, isSent)) });
  xhr.send(file);
}

/** @param {boolean} isSent */
const adviceOnCancel = (isSent) =>
  isSent ? `${WHOLE}. If it had just finished, its runs are in the list.` : "Nothing was imported.";

/**
 * The outcome for a file, by the answer to it.
 *
 * @param {number} status
 * @param {string} text
 * @returns {Partial<Job>}
 */
export function outcomeOf(status, text) {
  /** @type {Partial<ImportResult> & { message?: unknown }} */
  let json = {};
  try {
    json = JSON.parse(text) ?? {};
  } catch {
    // not from the API, but from a proxy in front of it
  }
  if (status === 200 && Array.isArray(json.runs)) {
    return { phase: "done", result: /** @type {ImportResult} */ (json) };
  }
  const message = typeof json.message === "string" ? json.message : "";
  const problem = message || `The server answered ${status}.`;
  return { phase: "failed", problem, advice: ADVICE[status] ?? TRY_AGAIN };
}

/**
 * The browser says only that something failed; the file itself may be gone.
 *
 * @param {File} file
 * @param {boolean} isSent
 * @returns {Promise<Partial<Job>>}
 */
async function reasonOf(file, isSent) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    const problem = "The file was moved or changed while it was read. Nothing was imported.";
    return { problem, advice: "Choose it again.", isGone: true };
  }
  if (isSent) {
    const problem = "The connection was lost while the server was storing the file.";
    return { problem, advice: TRY_AGAIN };
  }
  const problem = "The connection was lost. Nothing was imported.";
  return { problem, advice: "Try again when the connection is back." };
}

/**
 * Read the titles of the runs that are listed with them.
 *
 * @param {Job} job
 */
export async function nameRuns(job) {
  const { key, result } = job;
  if (job.titles || !result) return;
  /** @type {Record<number, string>} */
  const titles = {};
  change(key, { titles });
  const reads = result.runs.slice(0, RUNS_NAMED).map(async ({ id }) => {
    /** @type {Run} */
    const run = await getJson(`/agent_runs/${id}`);
    titles[id] = run.name;
  });
  await Promise.allSettled(reads); // without a title, a run is listed by its number
  change(key, { titles: { ...titles } });
}
