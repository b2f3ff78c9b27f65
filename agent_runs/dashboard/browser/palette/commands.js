// What the palette offers: actions on the current run, pages, saved views, runs, looks.
import { keysOf } from "../frame/pages.js";
import { RUNNING } from "../text/status.js";
import { addressOf } from "../views/views.js";

/** @import { Run, SavedView } from "../shapes.d.ts" */
/**
 * @typedef {object} Command
 * @property {string} group
 * @property {string} [key] its name where two can have the same text
 * @property {string} text
 * @property {string} [note]
 * @property {string} [keys]
 * @property {boolean} [isHit] whether the API found it, so its text need not contain the words
 * @property {() => void} act
 */
/**
 * @typedef {object} RunActions
 * @property {(path: string) => void} go
 * @property {(id: number) => void} onStop
 * @property {(id: number) => void} onArchive
 * @property {(id: number) => void} onRestore
 * @property {(text: string) => void} copy
 * @property {(address: string) => void} download
 */

/**
 * What can be done with a run.
 *
 * @param {Run} run
 * @param {RunActions} actions
 * @param {boolean} isItsPage whether it is shown now
 * @returns {Command[]}
 */
export function commandsOfRun(run, actions, isItsPage) {
  const { go } = actions;
  const page = `/runs/${run.id}`;
  /** @type {[isOffered: boolean, text: string, act: () => void][]} */
  const offers = [
    [!isItsPage, "Open", () => go(page)],
    [run.status === "PAUSED", "Answer its question", () => go(page)],
    [run.has_ended && run.can.includes("resume"), "Resume", () => go(`${page}?resume=1`)],
    [!run.has_ended, "Stop", () => actions.onStop(run.id)],
    [run.has_ended && !run.archived_at, "Archive", () => actions.onArchive(run.id)],
    [Boolean(run.archived_at), "Restore", () => actions.onRestore(run.id)],
    [true, "Show its changes", () => go(`${page}?tab=changes`)],
    [true, "Copy its link", () => actions.copy(page)],
    [
      true,
      "Download its log",
      () => actions.download(`/api/agent_runs/${run.id}/export?format=jsonl`),
    ],
  ];
  return offers
    .filter(([isOffered]) => isOffered)
    .map(([, text, act]) => ({ group: `Run ${run.id}`, text, act }));
}

/**
 * The pages of the dashboard.
 *
 * @param {(path: string) => void} go
 * @param {string} words what was typed, which the search page can search for
 * @returns {Command[]}
 */
export function commandsOfPages(go, words) {
  const query = words.trim();
  const search = query ? `/search?q=${encodeURIComponent(query)}` : "/search";
  /** @type {[text: string, path: string, keys?: string][]} */
  const pages = [
    ["New run", "/new", "C"],
    ["Runs", "/"],
    ["Runs that need you", "/?status=PAUSED"],
    ["Running runs", `/?status=${RUNNING.join()}`],
    ["Archived runs", "/?archived=1"],
    ["Import runs", "/import"],
    ["Search in all runs", search, keysOf("/search")],
    ["Analytics", "/analytics"],
    ["Agents", "/agents"],
    ["Settings", "/settings"],
  ];
  return pages.map(([text, path, keys = keysOf(path)]) => ({
    group: "Go to",
    text,
    keys,
    act: () => go(path),
  }));
}

/**
 * @param {SavedView[]} views
 * @param {(path: string) => void} go
 * @returns {Command[]}
 */
export const commandsOfViews = (views, go) =>
  views.map((view) => ({
    group: "Saved views",
    key: `view${view.id}`,
    text: view.name,
    note: view.kind === "search" ? "Search" : "Runs",
    act: () => go(addressOf(view)),
  }));

/**
 * @param {Run[]} runs
 * @param {boolean} areHits whether the API found them
 * @param {(path: string) => void} go
 * @returns {Command[]}
 */
export const commandsOfRuns = (runs, areHits, go) =>
  runs.map(({ id, name }) => ({
    group: "Runs",
    key: `run${id}`,
    text: name,
    note: `Run ${id}`,
    isHit: areHits,
    act: () => go(`/runs/${id}`),
  }));

/**
 * Commands whose group or text contains all words, in any order.
 *
 * @param {Command[]} commands
 * @param {string} words
 */
export function matching(commands, words) {
  const terms = words.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ group, text, isHit }) => {
    const label = `${group} ${text}`.toLowerCase();
    return isHit || terms.every((term) => label.includes(term));
  });
}
