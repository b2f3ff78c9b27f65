// What the API answers to a search.
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiProblem, getJson, messageOf } from "../api.js";
import { joined } from "./hits.js";

/** @import { SearchAnswer, SearchField, SearchGroup } from "../shapes.d.ts" */
/**
 * @typedef {object} Found what is shown; of the query before until the answer is here
 * @property {string} [for] order and query
 * @property {SearchGroup[]} [groups]
 * @property {number} [total]
 * @property {boolean} [isCapped] whether there are more than `total`
 * @property {string | null} [next] where more hits begin
 * @property {string} [problem]
 * @property {string} [asked] the query that has the problem
 * @property {number} [position] where the problem is
 * @property {boolean} [busy]
 */

const PAGE = 50;

/** The fields that a query can have. Without them a search works, but completes nothing. */
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
export function useHits(query, order) {
  const [found, setFound] = useState(/** @type {Found} */ ({}));
  const [attempt, setAttempt] = useState(0);
  const underWay = useRef(/** @type {AbortController | null} */ (null));
  const key = `${order} ${query}`;
  const read = useCallback(
    async (/** @type {string | null} */ cursor, /** @type {SearchGroup[]} */ known) => {
      underWay.current?.abort();
      const aborter = new AbortController();
      underWay.current = aborter;
      setFound((old) => ({ ...old, busy: true }));
      const params = new URLSearchParams({ q: query, order, limit: String(PAGE) });
      if (cursor) params.set("cursor", cursor);
      try {
        /** @type {SearchAnswer} */
        const answer = await getJson(`/search?${params}`, aborter.signal);
        setFound({
          for: key,
          groups: joined(known, answer.items),
          total: answer.total,
          isCapped: answer.total_is_capped,
          next: answer.next_cursor,
        });
      } catch (error) {
        if (aborter.signal.aborted) return;
        const position = error instanceof ApiProblem ? error.position : undefined;
        const problem = { for: key, asked: query, problem: messageOf(error), position };
        setFound((old) => ({ ...(old.for === key ? old : {}), ...problem, busy: false }));
      }
    },
    [query, order, key],
  );
  // Another attempt asks once more.
  useEffect(() => {
    if (query) read(null, []);
    else setFound({});
    return () => underWay.current?.abort();
  }, [query, read, attempt]);
  return {
    ...found,
    isCurrent: found.for === key,
    readMore: () => read(found.next ?? null, found.groups ?? []),
    retry: () => setAttempt(attempt + 1),
  };
}
