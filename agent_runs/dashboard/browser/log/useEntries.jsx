// Reads the entries of a run in pages: only those in view, and new ones at the end.
import { useCallback, useEffect, useRef, useState } from "react";
import { getJson, messageOf } from "../api.js";
import { EntryPages, PAGE, pageOf } from "./pages.js";

/** @import { LogPage } from "../shapes.d.ts" */
/**
 * @typedef {object} Entries
 * @property {number} count how many there are, read or not
 * @property {EntryPages} pages
 * @property {(page: number) => Promise<void>} load read a page; it may be called at any time
 * @property {string} problem
 */

const RETRY_MS = 2000;

/**
 * @param {number} runId
 * @param {string} filter parameters of the query
 * @param {number} total how many entries the run has
 * @returns {Entries}
 */
export function useEntries(runId, filter, total) {
  const pages = useRef(new EntryPages());
  const busy = useRef(/** @type {Map<number, Promise<void>>} */ (new Map()));
  const matching = useRef(0);
  const retryAt = useRef(0);
  const [, redraw] = useState(0);
  const [count, setCount] = useState(0);
  const [problem, setProblem] = useState("");
  const scope = `${runId}?${filter}`;
  const current = useRef(scope);
  current.current = scope;

  const read = useCallback(
    async (/** @type {number} */ page) => {
      const missing = pages.current.missing(page);
      if (!missing) return;
      const query = new URLSearchParams(filter);
      query.set("skip", String(missing.skip));
      query.set("limit", String(missing.limit));
      try {
        /** @type {LogPage} */
        const answer = await getJson(`/agent_runs/${runId}/logs?${query}`);
        if (current.current !== scope) return;
        pages.current.take(page, missing.skip, answer.logs);
        matching.current = answer.total_logs;
        setCount((old) => Math.max(old, answer.total_logs));
        setProblem("");
      } catch (error) {
        retryAt.current = Date.now() + RETRY_MS;
        setTimeout(() => redraw((n) => n + 1), RETRY_MS + 50); // rows without an entry ask again
        if (current.current === scope) setProblem(messageOf(error));
      }
    },
    [runId, filter, scope],
  );

  const load = useCallback(
    (/** @type {number} */ page) => {
      const underWay = busy.current.get(page);
      if (underWay) return underWay;
      if (Date.now() < retryAt.current || !pages.current.missing(page)) return Promise.resolve();
      const work = read(page).finally(() => {
        if (busy.current.get(page) === work) busy.current.delete(page);
        redraw((n) => n + 1);
      });
      busy.current.set(page, work);
      return work;
    },
    [read],
  );

  // Entries belong to one scope.
  useEffect(() => {
    pages.current.clear();
    busy.current.clear();
    matching.current = 0;
    setCount(0);
    setProblem("");
  }, [scope]);

  // With a filter, only the API knows how many match; without one, the page's counter says so.
  useEffect(() => {
    if (!filter) setCount((old) => Math.max(old, total));
  }, [total, filter]);
  useLastPage({ pages: pages.current, busy: busy.current, matching, load }, filter, total);
  return { count, pages: pages.current, load, problem };
}

/**
 * Reads on when there is more at the end.
 *
 * @param {{ pages: EntryPages, busy: Map<number, Promise<void>>,
 *   matching: React.RefObject<number>, load: Entries["load"] }} entries
 * @param {string} filter
 * @param {number} total
 */
function useLastPage({ pages, busy, matching, load }, filter, total) {
  useEffect(() => {
    let gone = false;
    const follow = async () => {
      while (!gone) {
        const last = filter ? pageOf(matching.current) : pageOf(Math.max(0, total - 1));
        if (!filter && pages.length(last) >= total - last * PAGE) break;
        const underWay = busy.get(last);
        await (underWay ?? load(last));
        if (!underWay) break;
      }
    };
    follow();
    return () => {
      gone = true;
    };
  }, [total, filter, load, pages, busy, matching]);
}
