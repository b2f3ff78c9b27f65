// The API's answers to a search.
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiProblem, getJson, messageOf } from "../api.js";
import { joined } from "./hits.js";

/** @import { SearchAnswer, SearchField, SearchGroup } from "../shapes.d.ts" */
/**
 * @typedef {object} Answer what is shown: the last answer until the next one is here
 * @property {string} [for] order and query
 * @property {SearchGroup[]} [groups]
 * @property {number} [total]
 * @property {boolean} [isCapped] whether there are more than `total`
 * @property {string | null} [next] where more hits begin
 * @property {string} [problem]
 * @property {string} [query] the one that has the problem
 * @property {number} [position] where the problem is
 * @property {boolean} [busy]
 */

const PAGE = 50;

/** The fields that a query can have. Without them a search works, but offers no completions. */
export function useFields() {
  const [fields, setFields] = useState(/** @type {SearchField[]} */ ([]));
  useEffect(() => {
    const aborter = new AbortController();
    getJson("/search/fields", aborter.signal).then(
      ({ items }) => setFields(items),
      () => {},
    );
    return () => aborter.abort();
  }, []);
  return fields;
}

/**
 * @param {string} query
 * @param {"newest" | "best"} order
 */
export function useAnswer(query, order) {
  const [shown, setShown] = useState(/** @type {Answer} */ ({}));
  const [attempt, setAttempt] = useState(0);
  const underWay = useRef(/** @type {AbortController | null} */ (null));
  const key = `${order} ${query}`;
  const read = useCallback(
    async (/** @type {string | null} */ cursor, /** @type {SearchGroup[]} */ groups) => {
      underWay.current?.abort();
      const aborter = new AbortController();
      underWay.current = aborter;
      setShown((old) => ({ ...old, busy: true }));
      const params = new URLSearchParams({ q: query, order, limit: String(PAGE) });
      if (cursor) params.set("cursor", cursor);
      try {
        /** @type {SearchAnswer} */
        const answer = await getJson(`/search?${params}`, aborter.signal);
        setShown({
          for: key,
          groups: joined(groups, answer.items),
          total: answer.total,
          isCapped: answer.total_is_capped,
          next: answer.next_cursor,
        });
      } catch (error) {
        if (aborter.signal.aborted) return;
        const position = error instanceof ApiProblem ? error.position : undefined;
        const problem = { for: key, query, problem: messageOf(error), position };
        setShown((old) => ({ ...(old.for === key ? old : {}), ...problem, busy: false }));
      }
    },
    [query, order, key],
  );
  // Another attempt asks again.
  useEffect(() => {
    if (query) read(null, []);
    else setShown({});
    return () => underWay.current?.abort();
  }, [query, read, attempt]);
  return {
    ...shown,
    isCurrent: shown.for === key,
    readMore: () => read(shown.next ?? null, shown.groups ?? []),
    retry: () => setAttempt(attempt + 1),
  };
}
