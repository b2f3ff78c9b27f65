// What the palette reads from the API while it is open. Without the API it offers less.
import { useEffect, useState } from "react";
import { getJson } from "../api.js";

/** @import { Run } from "../shapes.d.ts" */

const RUNS_SHOWN = 8;
const TYPING_MS = 200;

/**
 * An answer of the API; null until it is here, or if there is none.
 *
 * @param {string} path empty to ask for nothing
 * @returns {any}
 */
export function useAnswer(path) {
  const [answer, setAnswer] = useState(null);
  useEffect(() => {
    setAnswer(null);
    if (!path) return undefined;
    const aborter = new AbortController();
    getJson(path, aborter.signal).then(setAnswer, () => {});
    return () => aborter.abort();
  }, [path]);
  return answer;
}

/**
 * The newest runs, or those that the API finds.
 *
 * @param {string} words
 */
export function useRuns(words) {
  const [list, setList] = useState({ runs: /** @type {Run[]} */ ([]), areHits: false });
  const query = words.trim().length > 1 ? words.trim() : "";
  useEffect(() => {
    const aborter = new AbortController();
    const params = new URLSearchParams({ limit: String(RUNS_SHOWN), ...(query && { q: query }) });
    const read = async () => {
      try {
        const page = await getJson(`/agent_runs?${params}`, aborter.signal);
        setList({ runs: page.items, areHits: query !== "" });
      } catch {
        if (!aborter.signal.aborted) setList({ runs: [], areHits: false });
      }
    };
    const timer = setTimeout(read, query ? TYPING_MS : 0);
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  }, [query]);
  return list;
}
