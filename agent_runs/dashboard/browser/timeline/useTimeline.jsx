// What a timeline shows: entries, questions and the time, kept up to date.
import { useEffect, useMemo, useRef, useState } from "react";
import { getJson, messageOf } from "../api.js";
import { PAGE } from "../log/pages.js";
import { axisOf } from "./axis.js";
import { phases } from "./phases.js";
import { rowOfQuestion, timelineRows } from "./rows.js";
import { openQuestions, shortOf, turnSpans, waitSpans } from "./spans.js";

/** @import { LogPage, Question } from "../shapes.d.ts" */
/** @import { ShortEntry } from "./spans.js" */
/** @typedef {ReturnType<typeof useTimeline>} TimelineContent */

/** How many entries are shown at once. */
export const MOST = 2000;
const PAGES_AT_ONCE = 4;
const NARROW = 760;

/**
 * @param {import("./Timeline.jsx").TimelineProps} run
 * @param {number} from the first entry that is shown
 * @param {boolean} collapse whether to collapse the time between turns
 */
export function useTimeline({ runId, total, turns, active, version }, from, collapse) {
  const { entries, problem } = useWindow(runId, from, total);
  const now = useNow(active);
  const questions = useQuestions(runId, version);
  const spans = useMemo(() => {
    const seen = new Set(entries.map((entry) => entry.turn));
    return turnSpans(
      turns.filter((turn) => seen.has(turn.turn)),
      now,
    );
  }, [entries, turns, now]);
  const waits = useMemo(() => {
    const seen = new Set(spans.map((turn) => turn.number));
    return waitSpans(questions, spans, now).filter((wait) => seen.has(wait.turn));
  }, [questions, spans, now]);
  const rows = useMemo(() => {
    const isEnd = from + MOST >= total;
    const open = isEnd ? openQuestions(questions, now).map(rowOfQuestion) : [];
    return [...timelineRows(entries, spans), ...open];
  }, [entries, spans, questions, now, from, total]);
  const axis = useMemo(
    () => axisOf(spans, collapse, window.innerWidth < NARROW ? 34 : 14),
    [spans, collapse],
  );
  const used = useMemo(() => {
    const calls = entries.filter((entry) => entry.tool_name);
    return phases(spans, calls, waits);
  }, [entries, spans, waits]);
  return { entries, problem, waits, rows, axis, used };
}

/**
 * Entries from `from` on, at most MOST of them. It reads on when there are more.
 *
 * @param {number} runId
 * @param {number} from
 * @param {number} total
 */
function useWindow(runId, from, total) {
  const [entries, setEntries] = useState(/** @type {ShortEntry[]} */ ([]));
  const [problem, setProblem] = useState("");
  const list = useRef({ key: "", entries: /** @type {ShortEntry[]} */ ([]) });
  useEffect(() => {
    const key = `${runId}/${from}`;
    if (list.current.key !== key) {
      list.current = { key, entries: [] };
      setEntries([]);
    }
    const size = Math.min(total - from, MOST);
    let gone = false;
    const readOn = async () => {
      while (!gone && list.current.entries.length < size) {
        const count = list.current.entries.length;
        const fresh = await readShort(runId, from + count, size - count);
        if (gone || !fresh.length) return;
        list.current.entries = [...list.current.entries, ...fresh];
        setEntries(list.current.entries);
        setProblem("");
      }
    };
    readOn().catch((error) => {
      if (!gone) setProblem(messageOf(error));
    });
    return () => {
      gone = true;
    };
  }, [runId, from, total]);
  return { entries, problem };
}

/**
 * Some pages of entries, side by side.
 *
 * @param {number} runId
 * @param {number} from
 * @param {number} most
 */
async function readShort(runId, from, most) {
  const pages = Math.min(PAGES_AT_ONCE, Math.ceil(most / PAGE));
  const answers = await Promise.all(
    Array.from({ length: pages }, (_, at) => {
      const limit = Math.min(PAGE, most - at * PAGE);
      return getJson(`/agent_runs/${runId}/logs?skip=${from + at * PAGE}&limit=${limit}`);
    }),
  );
  return answers.flatMap((/** @type {LogPage} */ page) => page.logs.map(shortOf));
}

/** @param {boolean} active */
function useNow(active) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}

/**
 * @param {number} runId
 * @param {number} version they are read again when it changes
 */
function useQuestions(runId, version) {
  const [questions, setQuestions] = useState(/** @type {Question[]} */ ([]));
  // A new version means that there is more to read.
  useEffect(() => {
    const aborter = new AbortController();
    getJson(`/agent_runs/${runId}/permissions`, aborter.signal).then(
      ({ items }) => setQuestions(items),
      () => {}, // the bars then do not show who was waited for
    );
    return () => aborter.abort();
  }, [runId, version]);
  return questions;
}
