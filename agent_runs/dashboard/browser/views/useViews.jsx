// The saved views of one kind, read from the API and changed there.
import { useCallback, useEffect, useState } from "react";
import { getJson, messageOf } from "../api.js";

/** @import { SavedView } from "../shapes.d.ts" */

/** @param {string} kind */
export function useViews(kind) {
  const [views, setViews] = useState(/** @type {SavedView[]} */ ([]));
  const [problem, setProblem] = useState("");
  const read = useCallback(async () => {
    try {
      const { items } = await getJson(`/views?kind=${kind}`);
      setViews(items);
      setProblem("");
    } catch (error) {
      setProblem(messageOf(error));
    }
  }, [kind]);
  /** Returns whether the change was made. */
  const change = async (/** @type {() => Promise<unknown>} */ call) => {
    try {
      await call();
      await read();
      return true;
    } catch (error) {
      setProblem(messageOf(error));
      return false;
    }
  };
  useEffect(() => {
    read();
  }, [read]);
  return { views, problem, read, change };
}
