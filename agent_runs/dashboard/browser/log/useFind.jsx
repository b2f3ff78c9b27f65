// Search in all entries of a run: the API finds hits, the page goes from one to the next.
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { setInAddress } from "../address.js";
import { ApiProblem, getJson, messageOf } from "../api.js";

/** @import { LogHits } from "../shapes.d.ts" */
/** @typedef {ReturnType<typeof useFind>} Find */

const TYPING_MS = 250;

const inAddress = (/** @type {string} */ name) => new URLSearchParams(location.search).get(name);

/**
 * @param {number} runId
 * @param {number} total entries of the run; more may hold more hits
 * @param {(seq: number) => void} goTo
 * @param {React.RefObject<number>} cursor the step of the last jump
 */
export function useFind(runId, total, goTo, cursor) {
  const [text, setText] = useState(() => inAddress("q") ?? "");
  const [words, setWords] = useState(text.trim());
  const [isRegex, setRegex] = useState(() => inAddress("regex") === "1");
  const [at, setAt] = useState(-1);
  const jumps = useRef(false); // whether to go to a hit once the answer is here

  useEffect(() => {
    const typed = text.trim();
    if (typed === words) return undefined;
    const ask = () => {
      jumps.current = true;
      setWords(typed);
    };
    const timer = setTimeout(ask, typed ? TYPING_MS : 0);
    return () => clearTimeout(timer);
  }, [text, words]);

  const show = (/** @type {number[]} */ seqs) => {
    const here = seqs.findIndex((seq) => seq >= Math.max(0, cursor.current));
    if (jumps.current && seqs.length) {
      jumps.current = false;
      const next = Math.max(0, here);
      setAt(next);
      goTo(seqs[next]);
    } else if (here >= 0 && seqs[here] === cursor.current) setAt(here);
  };
  const { hits, problem } = useHits(runId, total, words, isRegex, show);
  useEffect(() => {
    if (!words) setAt(-1);
  }, [words]);

  const step = useCallback(
    (/** @type {number} */ by) => {
      const seqs = hits?.seqs ?? [];
      if (!seqs.length) return;
      let next = at + by;
      if (at < 0) {
        const after = seqs.findIndex((seq) => seq > cursor.current);
        next = by > 0 ? Math.max(0, after) : seqs.length - 1;
      }
      next = (next + seqs.length) % seqs.length;
      setAt(next);
      goTo(seqs[next]);
    },
    [hits, at, goTo, cursor],
  );
  return {
    text,
    setText,
    words,
    isRegex,
    hits,
    at,
    problem,
    step,
    // Only the API knows what a pattern matches: steps are marked, not the words in them.
    marked: isRegex ? "" : words,
    clear: () => {
      setText("");
      setWords("");
    },
    switchRegex: () => {
      jumps.current = true;
      setRegex(!isRegex);
    },
    search: () => {
      jumps.current = true;
      setWords(text.trim());
    },
  };
}

/**
 * @param {number} runId
 * @param {number} total
 * @param {string} words
 * @param {boolean} isRegex
 * @param {(seqs: number[]) => void} onHits
 */
function useHits(runId, total, words, isRegex, onHits) {
  const [hits, setHits] = useState(/** @type {LogHits | null} */ (null));
  const [problem, setProblem] = useState("");
  const take = useEffectEvent((/** @type {LogHits} */ answer) => {
    setHits(answer);
    setProblem("");
    onHits(answer.seqs);
  });
  useEffect(() => {
    setInAddress({ q: words, regex: words && isRegex ? "1" : "" });
    if (!words) {
      setHits(null);
      setProblem("");
      return undefined;
    }
    const aborter = new AbortController();
    const query = new URLSearchParams({ q: words, ...(isRegex ? { regex: "true" } : {}) });
    getJson(`/agent_runs/${runId}/logs/search?${query}`, aborter.signal).then(take, (error) => {
      if (aborter.signal.aborted) return;
      const hasNoSearch = error instanceof ApiProblem && error.status === 404;
      setHits(null);
      setProblem(hasNoSearch ? "This server cannot search" : messageOf(error));
    });
    return () => aborter.abort();
  }, [runId, words, isRegex, total]);
  return { hits, problem };
}
