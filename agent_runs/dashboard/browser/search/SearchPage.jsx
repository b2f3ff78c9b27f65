// Search in all runs: the address holds the query; the API finds, counts and explains mistakes.
import { TriangleAlert } from "lucide-react";
import { useCallback, useEffect, useId, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { sumOf } from "../text/numbers.js";
import { Views } from "../views/Views.jsx";
import { ExportMenu } from "./ExportMenu.jsx";
import { atMistake, isHalfTyped } from "./query.js";
import { SearchBox } from "./SearchBox.jsx";
import { SearchHits } from "./SearchHits.jsx";
import { Nothing, Start } from "./Start.jsx";
import { useAnswer, useFields } from "./useSearch.jsx";

/** @import { Answer } from "./useSearch.jsx" */
/** @typedef {"newest" | "best"} Order */

const TYPING_MS = 350;
/** @type {[Order, string][]} */
const ORDERS = [
  ["newest", "Newest"],
  ["best", "Best"],
];

/** @param {{ formats: [string, string][], children?: React.ReactNode }} props */
export function SearchPage({ formats, children }) {
  const { text, setText, query, order, go, setCompleting } = useQuery();
  const fields = useFields();
  const answer = useAnswer(query, order);
  const errorId = useId();
  const search = (/** @type {string} */ now) => {
    setText(now);
    go(now, order);
  };
  const isMistake = answer.problem !== undefined && answer.position !== undefined;
  return (
    <>
      <SearchBox
        text={text}
        fields={fields}
        isBad={answer.isCurrent && isMistake}
        errorId={errorId}
        onChange={setText}
        onComplete={setCompleting}
        onSearch={() => {
          if (text.trim() === query) answer.retry();
          else go(text.trim(), order);
        }}
      />
      {children}
      {query && answer.problem !== undefined && (
        <>
          <Mistake id={errorId} answer={answer} />
          {!isMistake && (
            <button type="button" className="btn" onClick={answer.retry}>
              Try again
            </button>
          )}
        </>
      )}
      {query ? (
        <div aria-busy={answer.busy === true} className="stack">
          <div className="flexrow search-bar">
            <b role="status" className="num med grow">
              {answer.problem === undefined && totalOf(answer)}
            </b>
            {answer.groups && answer.groups.length > 0 && (
              <ExportMenu query={query} formats={formats} />
            )}
            <Views kind="search" />
            <OrderChoice order={order} onOrder={(name) => go(query, name)} />
          </div>
          <Results answer={answer} query={query} fields={fields} onQuery={search} />
        </div>
      ) : (
        <Start fields={fields} onQuery={search} />
      )}
    </>
  );
}

/** What is typed, and the query in the address, which follows it. */
function useQuery() {
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState(params.get("q") ?? "");
  const [completing, setCompleting] = useState(false);
  const query = (params.get("q") ?? "").trim();
  /** @type {Order} */
  const order = params.get("order") === "best" ? "best" : "newest";
  const latest = useRef(query);
  const go = useCallback(
    (/** @type {string} */ next, /** @type {Order} */ nextOrder) => {
      latest.current = next;
      setParams(
        (old) => {
          const now = new URLSearchParams(old);
          if (next) now.set("q", next);
          else now.delete("q");
          if (nextOrder === "best") now.set("order", "best");
          else now.delete("order");
          return now;
        },
        { replace: true, preventScrollReset: true },
      );
    },
    [setParams],
  );
  // Something else changed the address: a link, or the browser's Back button.
  useEffect(() => {
    if (query === latest.current) return;
    latest.current = query;
    setText(query);
  }, [query]);
  useEffect(() => {
    const typed = text.trim();
    if (typed === query || completing || isHalfTyped(typed)) return undefined;
    const timer = setTimeout(() => go(typed, order), typed ? TYPING_MS : 0);
    return () => clearTimeout(timer);
  }, [text, query, order, go, completing]);
  return { text, setText, query, order, go, setCompleting };
}

/** @param {Answer} answer */
function totalOf({ total, isCapped }) {
  if (total === undefined) return "";
  const figure = total.toLocaleString("en").replaceAll(",", "\u202f");
  return `${figure}${isCapped ? "+" : ""} ${total === 1 ? "hit" : "hits"}`;
}

/** @param {{ id: string, answer: Answer }} props */
function Mistake({ id, answer: { query = "", problem, position } }) {
  const pieces = position === undefined ? null : atMistake(query, position);
  return (
    <div id={id} role="alert" className="callout red">
      <TriangleAlert size={16} aria-hidden />
      <div className="grow">
        <p>{problem}</p>
        {pieces && (
          <p className="mono wraps mistake">
            {pieces.before}
            <mark>{pieces.term || "\u2002"}</mark>
            {pieces.after}
          </p>
        )}
      </div>
    </div>
  );
}

/** @param {{ order: Order, onOrder: (order: Order) => void }} props */
function OrderChoice({ order, onOrder }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row
    <div className="seg s1" role="group" aria-label="Order of the hits">
      {ORDERS.map(([name, label]) => (
        <button
          key={name}
          type="button"
          aria-pressed={order === name}
          onClick={() => onOrder(name)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/**
 * @param {{ answer: ReturnType<typeof useAnswer>, query: string,
 *   fields: ReturnType<typeof useFields>, onQuery: (query: string) => void }} props
 */
function Results({ answer, query, fields, onQuery }) {
  const { groups, next, busy, problem } = answer;
  if (!groups) return problem === undefined ? <Bones /> : null;
  const isEmpty = sumOf(groups, (group) => group.hits.length) === 0;
  return (
    <>
      <SearchHits groups={groups} onNarrow={(term) => onQuery(`${query} ${term}`)} />
      {isEmpty && !next && problem === undefined && (
        <Nothing query={query} fields={fields} onQuery={onQuery} />
      )}
      {isEmpty && next && <p className="mut pad">No hits so far.</p>}
      {next && (
        <button type="button" className="btn more" disabled={busy} onClick={answer.readMore}>
          {busy ? "Searching…" : "Show more"}
        </button>
      )}
    </>
  );
}

const Bones = () => (
  <div className="card" aria-hidden="true">
    {[70, 45, 60, 52].map((width) => (
      <div key={width} className="search-bone">
        <i className="skel" style={{ width: `${width}%` }} />
      </div>
    ))}
  </div>
);
