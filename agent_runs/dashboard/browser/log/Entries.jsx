// Reads the entries of a run in pages: only what is looked at, and what is new at the end.
import { useCallback, useEffect, useRef, useState } from "react";

export const PAGE = 100;
const MAX_PAGES = 120,
  RETRY_MS = 2000;

export async function getJson(path) {
  const answer = await fetch(`/api/agent_runs/${path}`, {
    credentials: "same-origin",
    headers: { accept: "application/json" },
  });
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok)
    throw Object.assign(new Error(json.message || `The API answered ${answer.status}.`), {
      status: answer.status,
    });
  return json;
}

export function useEntries(runId, filter, total) {
  const pages = useRef(new Map()),
    busy = useRef(new Map()),
    found = useRef(null),
    retryAt = useRef(0);
  const [, redraw] = useState(0);
  const [count, setCount] = useState(0);
  const [problem, setProblem] = useState("");
  const scope = `${runId}?${filter}`,
    current = useRef(scope);
  current.current = scope;

  const load = useCallback(
    (page) => {
      if (busy.current.has(page)) return busy.current.get(page);
      if (Date.now() < retryAt.current || pages.current.get(page)?.length === PAGE)
        return Promise.resolve();
      const job = (async () => {
        const have = pages.current.get(page) ?? [];
        const query = new URLSearchParams(filter);
        query.set("skip", page * PAGE + have.length);
        query.set("limit", PAGE - have.length);
        try {
          const json = await getJson(`${runId}/logs?${query}`);
          if (current.current !== scope) return;
          const now = pages.current.get(page) ?? [];
          pages.current.delete(page);
          pages.current.set(page, now.concat(json.logs.slice(now.length - have.length)));
          if (pages.current.size > MAX_PAGES)
            pages.current.delete(pages.current.keys().next().value);
          found.current = json.total_logs;
          setCount((known) => Math.max(known, json.total_logs));
          setProblem("");
        } catch (error) {
          retryAt.current = Date.now() + RETRY_MS;
          setTimeout(() => redraw((n) => n + 1), RETRY_MS + 50); // rows without an entry ask again
          if (current.current === scope)
            setProblem(error.message || "The entries could not be read.");
        } finally {
          busy.current.delete(page);
          redraw((n) => n + 1);
        }
      })();
      busy.current.set(page, job);
      return job;
    },
    [runId, filter, scope],
  );

  useEffect(() => {
    pages.current.clear();
    busy.current.clear();
    found.current = null;
    setCount(0);
    setProblem("");
  }, [scope]);
  useEffect(() => {
    // With a filter only the server knows how many match; without one the counter says it.
    if (!filter) {
      setCount((known) => Math.max(known, total));
    }
    let gone = false;
    (async () => {
      while (!gone) {
        const known = filter ? (found.current ?? 0) : total;
        const last = Math.max(0, Math.floor((filter ? known : known - 1) / PAGE));
        if (
          !filter &&
          (total === 0 || (pages.current.get(last)?.length ?? 0) >= total - last * PAGE)
        )
          break;
        const waiting = busy.current.get(last);
        await (waiting ?? load(last));
        if (!waiting) break;
      }
    })();
    return () => {
      gone = true;
    };
  }, [total, filter, load]);

  const page = useCallback((number) => pages.current.get(number), []);
  const at = useCallback(
    (index) => pages.current.get(Math.floor(index / PAGE))?.[index % PAGE],
    [],
  );
  return { count, at, page, load, problem };
}

// The next entry that failed, seen from `seq`; behind the last one it is the first again.
export async function failedSeq(runId, seq, back) {
  let first = null,
    before = null,
    last = null;
  for (let skip = 0; skip < 2000; skip += 100) {
    const { logs, total_logs: total } = await getJson(
      `${runId}/logs?failed=true&limit=100&skip=${skip}`,
    );
    for (const entry of logs) {
      first ??= entry.seq;
      last = entry.seq;
      if (entry.seq < seq) before = entry.seq;
      if (!back && entry.seq > seq) return entry.seq;
    }
    if (skip + 100 >= total) break;
  }
  return back ? (before ?? last) : first;
}

export async function firstSeqOfTurn(runId, turn) {
  const { logs } = await getJson(`${runId}/logs?turn=${turn}&limit=1`);
  return logs[0]?.seq ?? -1;
}
