// Files on their way to the API. They live outside of any component, so that an import goes on
// while other pages of the dashboard are looked at. The browser reads each file from the disk while
// it sends it; nothing of it is held in memory or goes through Reflex state.
import { useSyncExternalStore } from "react";

export const RUNS_NAMED = 6;

// Signs that turn text around or hide it: a name must not look like another one.
const TRICKS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
export const shownName = (name) => name.replace(TRICKS, "\ufffd") || "file without a name";

const WHOLE = "A file is imported whole or not at all";
const NEXT = {
  401: "The dashboard's AGENT_RUNS_API_TOKEN has to be that of the API.",
  413: "Raise that setting of the API, or export fewer runs into each file.",
  422: "", // the message says it
  503: `${WHOLE}. Try again once that is mended.`,
};

let jobs = [],
  lastKey = 0,
  request = null,
  limit = Infinity;
const listeners = new Set();
const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const show = (now) => {
  jobs = now;
  listeners.forEach((listener) => listener());
};
const change = (key, changes) =>
  show(jobs.map((job) => (job.key === key ? { ...job, ...changes } : job)));

export const useJobs = () =>
  useSyncExternalStore(
    subscribe,
    () => jobs,
    () => jobs,
  );
export const isUnderWay = (job) => job.phase === "sending" || job.phase === "storing";
export const isOpen = (job) => job.phase === "waiting" || isUnderWay(job);

export function add(files) {
  show([
    ...jobs,
    ...files.map((file) => ({
      key: (lastKey += 1),
      file,
      name: shownName(file.name),
      path: shownName(file.webkitRelativePath || file.name),
      phase: "waiting",
      sent: 0,
    })),
  ]);
  next();
}

export async function again(key) {
  change(key, { phase: "waiting", sent: 0, problem: "", advice: "" });
  await learnLimit();
  next();
}

export function cancel(key) {
  const job = jobs.find((each) => each.key === key);
  if (job?.phase === "waiting") change(key, { phase: "cancelled", advice: "" });
  else if (request?.key === key) request.xhr.abort();
}

export function cancelAll() {
  jobs
    .filter((job) => job.phase === "waiting")
    .concat(jobs.filter(isUnderWay))
    .forEach((job) => cancel(job.key));
}
export function forget() {
  show(jobs.filter(isOpen));
}

// Ten gigabytes should not travel only to be refused. Nothing waits long for it: the API knows it, too.
export async function learnLimit() {
  const signal = AbortSignal.timeout(3000);
  const answer = await fetch("/api/settings", {
    signal,
    credentials: "same-origin",
    headers: { accept: "application/json" },
  }).catch(() => null);
  const json = answer?.ok ? await answer.json().catch(() => ({})) : {};
  const value = json.items?.find((item) => item.name === "import_limit_bytes")?.value;
  if (typeof value === "number") limit = value;
}

const keepTab = (event) => event.preventDefault();

// One at a time: the API takes one at a time, too.
function next() {
  const job = jobs.find((each) => each.phase === "waiting");
  if (request || !job) {
    if (!request) window.removeEventListener("beforeunload", keepTab);
    return;
  }
  if (job.file.size > limit) {
    change(job.key, {
      phase: "failed",
      problem: `The file is over ${limit.toLocaleString("en")} bytes, AGENT_RUNS_IMPORT_LIMIT_BYTES. Nothing was imported.`,
      advice: NEXT[413],
    });
    next();
    return;
  }
  window.addEventListener("beforeunload", keepTab);
  const xhr = new XMLHttpRequest(),
    { key } = job;
  let isSent = false;
  const end = (changes) => {
    request = null;
    change(key, changes);
    next();
  };
  request = { key, xhr };
  change(key, { phase: "sending", since: Date.now() });
  xhr.open("POST", "/api/imports");
  xhr.setRequestHeader("content-type", "application/x-ndjson");
  xhr.setRequestHeader("accept", "application/json");
  xhr.upload.onprogress = (event) => change(key, { sent: event.loaded });
  xhr.upload.onload = () => {
    isSent = true;
    change(key, { phase: "storing", sent: job.file.size });
  };
  xhr.onload = () => answered(xhr, end);
  xhr.onabort = () =>
    end({
      phase: "cancelled",
      advice: isSent
        ? `${WHOLE}: should it have been ready just then, its runs are in the list.`
        : "Nothing of it was imported.",
    });
  xhr.onerror = async () => end({ phase: "failed", ...(await reasonOf(job.file, isSent)) });
  xhr.send(job.file);
}

function answered(xhr, end) {
  let json = {};
  try {
    json = JSON.parse(xhr.responseText) ?? {};
  } catch {
    /* no answer of the API: a proxy before it */
  }
  if (xhr.status === 200 && Array.isArray(json.runs)) {
    end({ phase: "done", result: json });
    return;
  }
  const problem =
    typeof json.message === "string" && json.message
      ? json.message
      : `The server answered ${xhr.status}.`;
  const unknown = `${WHOLE}. Try again: runs that are here already are left as they are.`;
  end({ phase: "failed", problem, advice: NEXT[xhr.status] ?? unknown });
}

// The browser tells only that something broke: the file itself may be what is gone.
async function reasonOf(file, isSent) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    return {
      problem: "The file was moved or changed while it was read. Nothing of it was imported.",
      advice: "Choose it again.",
      isGone: true,
    };
  }
  return isSent
    ? {
        problem: "The connection was cut while the server stored the file.",
        advice: `${WHOLE}. Try again: runs that are here already are left as they are.`,
      }
    : {
        problem: "The connection was cut. Nothing of the file was imported.",
        advice: "Try again when it is back.",
      };
}

// Titles of the runs that are shown by name.
export async function nameRuns({ key, result, titles: known }) {
  if (known) return;
  const titles = {};
  change(key, { titles });
  await Promise.all(
    result.runs.slice(0, RUNS_NAMED).map(async ({ id }) => {
      const answer = await fetch(`/api/agent_runs/${id}`, {
        credentials: "same-origin",
        headers: { accept: "application/json" },
      });
      if (!answer.ok) return;
      const run = await answer.json();
      titles[id] = run.title || (run.prompt ?? "").split("\n").find((line) => line.trim()) || "";
    }),
  ).catch(() => {}); // a link says its number, too
  change(key, { titles: { ...titles } });
}

// Files of what was dropped, those in folders among it; of folders only what can be imported.
export async function filesOf(transfer) {
  const entries = [...(transfer?.items ?? [])]
    .map((item) => item.webkitGetAsEntry?.())
    .filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...(transfer?.files ?? [])];
  return (await Promise.all(entries.map((entry) => within(entry, true)))).flat();
}

const byPath = (one, other) =>
  (one.webkitRelativePath || one.name).localeCompare(other.webkitRelativePath || other.name, "en", {
    numeric: true,
  });
export const fromFolder = (files) =>
  files.filter((file) => /\.(jsonl|ndjson)$/i.test(file.name)).sort(byPath);

async function within(entry, wasChosen) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(
      () => null,
    );
    return file === null ? [] : wasChosen ? [file] : fromFolder([file]);
  }
  const reader = entry.createReader(),
    found = [];
  // It gives a hundred at a time, and none at the end.
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(
      () => [],
    );
    if (!part.length) return found;
    for (const each of part) found.push(...(await within(each, false)));
  }
}
