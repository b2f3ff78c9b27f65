// What the API finds in the entries of a run.
import { useEffect, useRef, useState } from "react";
import { getJson, messageOf } from "../api.js";

/** @import { Insight } from "../shapes.d.ts" */

const CALM_MS = 15_000;

/**
 * Reads again when there is more; while the run is working, at most every fifteen seconds.
 *
 * @param {number} runId
 * @param {number} version
 * @param {boolean} active
 */
export function useInsight(runId, version, active) {
  const [insight, setInsight] = useState(/** @type {Insight | null} */ (null));
  const [problem, setProblem] = useState("");
  const last = useRef(0);
  // An answer belongs to one run.
  useEffect(() => {
    setInsight(null);
    setProblem("");
    last.current = 0;
  }, [runId]);
  // A new version means that there is more to read.
  useEffect(() => {
    const aborter = new AbortController();
    const read = async () => {
      last.current = Date.now();
      try {
        setInsight(await getJson(`/agent_runs/${runId}/insight`, aborter.signal));
        setProblem("");
      } catch (error) {
        if (!aborter.signal.aborted) setProblem(messageOf(error));
      }
    };
    const wait = active ? Math.max(0, last.current + CALM_MS - Date.now()) : 0;
    const timer = setTimeout(read, wait);
    return () => {
      aborter.abort();
      clearTimeout(timer);
    };
  }, [runId, version, active]);
  return { insight, problem };
}
