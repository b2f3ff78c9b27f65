// Search in all entries of a run: the server finds, the page shows one hit after the other.
import { createContext, useCallback, useContext, useEffect, useRef, useState } from "react";
import { ChevronDown, ChevronUp, Regex, Search, X } from "lucide-react";
import { getJson } from "./Entries.jsx";

export const FindText = createContext("");
const MAX_MARKS = 300;

export function setInAddress(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

// Text between and in the places where `wanted` stands, whatever its case.
export function pieces(text, wanted) {
  const found = [];
  if (!wanted || !text) return [[text, false]];
  const hay = text.toLowerCase(),
    needle = wanted.toLowerCase();
  if (hay.length !== text.length) return [[text, false]];
  let last = 0;
  for (
    let at = hay.indexOf(needle);
    at >= 0 && found.length < MAX_MARKS * 2;
    at = hay.indexOf(needle, last)
  ) {
    if (at > last) found.push([text.slice(last, at), false]);
    last = at + needle.length;
    found.push([text.slice(at, last), true]);
  }
  if (last < text.length) found.push([text.slice(last), false]);
  return found;
}

export function Marked({ text }) {
  const wanted = useContext(FindText);
  if (!wanted) return text;
  return pieces(text, wanted).map(([part, isHit], at) =>
    isHit ? <mark key={at}>{part}</mark> : part,
  );
}

// The same for Markdown: a rehype plugin.
export function markText(wanted) {
  const walk = (node) => {
    if (!node.children) return;
    node.children = node.children.flatMap((child) => {
      if (child.type !== "text") {
        walk(child);
        return [child];
      }
      return pieces(child.value, wanted).map(([part, isHit]) =>
        isHit
          ? {
              type: "element",
              tagName: "mark",
              properties: {},
              children: [{ type: "text", value: part }],
            }
          : { type: "text", value: part },
      );
    });
  };
  return () => walk;
}

export function useFind(runId, total, goTo, cursor) {
  const [text, setText] = useState(() => new URLSearchParams(location.search).get("q") ?? "");
  const [wanted, setWanted] = useState(text.trim());
  const [isRegex, setRegex] = useState(
    () => new URLSearchParams(location.search).get("regex") === "1",
  );
  const [hits, setHits] = useState(null);
  const [problem, setProblem] = useState("");
  const jumps = useRef(false),
    place = useRef(null);
  const [at, setAt] = useState(-1);

  useEffect(() => {
    const words = text.trim();
    if (words === wanted) return undefined;
    const timer = setTimeout(
      () => {
        jumps.current = true;
        setWanted(words);
      },
      words ? 250 : 0,
    );
    return () => clearTimeout(timer);
  }, [text, wanted]);

  useEffect(() => {
    if (!wanted) {
      setHits(null);
      setProblem("");
      setAt(-1);
      setInAddress({ q: "", regex: "" });
      return undefined;
    }
    setInAddress({ q: wanted, regex: isRegex ? "1" : "" });
    let gone = false;
    (async () => {
      try {
        const json = await getJson(
          `${runId}/logs/search?${new URLSearchParams({ q: wanted, ...(isRegex ? { regex: "true" } : {}) })}`,
        );
        if (gone) return;
        setHits(json);
        setProblem("");
        const here = json.seqs.findIndex((seq) => seq >= Math.max(0, cursor.current));
        if (jumps.current && json.seqs.length) {
          jumps.current = false;
          const next = here < 0 ? 0 : here;
          setAt(next);
          goTo(json.seqs[next]);
        } else if (json.seqs[here] === cursor.current) setAt(here);
      } catch (error) {
        if (!gone) {
          setHits(null);
          setProblem(error.status === 404 ? "This server cannot search" : error.message);
        }
      }
    })();
    return () => {
      gone = true;
    };
  }, [runId, wanted, isRegex, total]);

  const step = useCallback(
    (by) => {
      const seqs = hits?.seqs ?? [];
      if (!seqs.length) return;
      let next = at + by;
      if (at < 0)
        next =
          by > 0
            ? Math.max(
                0,
                seqs.findIndex((seq) => seq > cursor.current),
              )
            : seqs.length - 1;
      next = (next + seqs.length) % seqs.length;
      setAt(next);
      goTo(seqs[next]);
    },
    [hits, at, goTo, cursor],
  );
  const clear = () => {
    setText("");
    setWanted("");
  };
  const switchRegex = () => {
    jumps.current = true;
    setRegex(!isRegex);
  };
  // What a pattern fits is known to the server alone: the steps are marked, not the words in them.
  return {
    text,
    setText,
    wanted,
    isRegex,
    switchRegex,
    marked: isRegex ? "" : wanted,
    hits,
    at,
    step,
    clear,
    problem,
    place,
    search: () => {
      jumps.current = true;
      setWanted(text.trim());
    },
  };
}

export function FindField({ find }) {
  const { text, hits, at, problem } = find;
  const total = hits?.total ?? 0,
    known = hits?.seqs.length ?? 0;
  const count =
    problem ||
    (!hits
      ? ""
      : total === 0
        ? "No match"
        : at < 0
          ? `${total.toLocaleString()} ${total === 1 ? "hit" : "hits"}`
          : `${(at + 1).toLocaleString()} of ${total.toLocaleString()}${known < total ? `, first ${known.toLocaleString()} shown` : ""}`);
  const onKeyDown = (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      if (text.trim() === find.wanted) find.step(event.shiftKey ? -1 : 1);
      else find.search();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      find.clear();
      event.currentTarget.blur();
    }
  };
  return (
    <div className="field find" role="search">
      <Search size={14} aria-hidden />
      <input
        ref={find.place}
        value={text}
        placeholder={find.isRegex ? "Pattern" : "Search in this run"}
        aria-label="Search in this run"
        data-hotkey="/"
        spellCheck={false}
        onChange={(event) => find.setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {!text && (
        <span className="kbd desk" aria-hidden>
          /
        </span>
      )}
      <span
        className={`sm num ${problem ? "red find-problem" : "mut"}`}
        role="status"
        title={problem || undefined}
      >
        {count}
      </span>
      <button
        type="button"
        className={`btn ghost s1 ic ${find.isRegex ? "on" : ""}`}
        aria-label="Regular expression"
        title="Regular expression"
        aria-pressed={find.isRegex}
        onClick={find.switchRegex}
      >
        <Regex size={14} aria-hidden />
      </button>
      {text && (
        <span className="flexrow" style={{ gap: 0 }}>
          <button
            type="button"
            className="btn ghost s1 ic"
            aria-label="Previous hit"
            disabled={!known}
            onClick={() => find.step(-1)}
          >
            <ChevronUp size={14} aria-hidden />
          </button>
          <button
            type="button"
            className="btn ghost s1 ic"
            aria-label="Next hit"
            disabled={!known}
            onClick={() => find.step(1)}
          >
            <ChevronDown size={14} aria-hidden />
          </button>
          <button
            type="button"
            className="btn ghost s1 ic"
            aria-label="Clear the search"
            onClick={() => {
              find.clear();
              find.place.current?.focus();
            }}
          >
            <X size={14} aria-hidden />
          </button>
        </span>
      )}
    </div>
  );
}
