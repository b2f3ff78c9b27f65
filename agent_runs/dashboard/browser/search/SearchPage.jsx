// Search in everything: the address holds the query, the API finds, explains mistakes and counts.
import { useCallback, useEffect, useId, useRef, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { TriangleAlert } from "lucide-react";
import { ExportMenu } from "./ExportMenu.jsx";
import { SearchBox } from "./SearchBox.jsx";
import { SearchHits } from "./SearchHits.jsx";
import { addressOf, useViews, Views } from "../views/Views.jsx";

const PAGE = 50,
  DELAY_MS = 350;
const EXAMPLES = [
  ["failed:yes after:7d", "What failed in the last week"],
  ["type:error status:error", "Errors of runs that failed"],
  ['"permission denied" -sandbox', "These words side by side, and one that must not be there"],
  ["tool:bash,execute timeout OR deadline", "Either word, in calls of one of two tools"],
];

async function getJson(path, signal) {
  const answer = await fetch(`/api${path}`, {
    credentials: "same-origin",
    headers: { accept: "application/json" },
    signal,
  });
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok)
    throw Object.assign(new Error(json.message || `The API answered ${answer.status}.`), {
      position: json.position,
    });
  return json;
}

// The same run at the seam of two pages is one group.
function joined(groups, more) {
  const last = groups.at(-1),
    [first, ...rest] = more;
  if (!last || first?.run.id !== last.run.id) return groups.concat(more);
  return [...groups.slice(0, -1), { run: last.run, hits: last.hits.concat(first.hits) }, ...rest];
}

function useFields() {
  const [fields, setFields] = useState([]);
  useEffect(() => {
    const aborter = new AbortController();
    getJson("/search/fields", aborter.signal)
      .then((json) => setFields(json.items))
      .catch(() => {}); // a search works without completion
    return () => aborter.abort();
  }, []);
  return fields;
}

function useHits(query, order) {
  const [state, setState] = useState({ for: null }),
    [attempt, setAttempt] = useState(0);
  const more = useRef(null),
    key = `${order} ${query}`;
  const read = useCallback(
    async (cursor, known) => {
      more.current?.abort();
      const aborter = (more.current = new AbortController());
      setState((old) => ({ ...old, busy: true }));
      const params = new URLSearchParams({ q: query, order, limit: PAGE });
      if (cursor) params.set("cursor", cursor);
      try {
        const json = await getJson(`/search?${params}`, aborter.signal);
        const groups = joined(known, json.items);
        setState({
          for: key,
          groups,
          total: json.total,
          capped: json.total_is_capped,
          next: json.next_cursor,
        });
      } catch (error) {
        if (!aborter.signal.aborted)
          setState((old) => ({
            ...(old.for === key ? old : {}),
            for: key,
            asked: query,
            problem: error.message,
            position: error.position,
            busy: false,
          }));
      }
    },
    [query, order, key],
  );
  useEffect(() => {
    if (!query) {
      more.current?.abort();
      setState({ for: null });
      return undefined;
    }
    read(null, []);
    return () => more.current?.abort();
  }, [query, read, attempt]);
  return {
    ...state,
    isCurrent: state.for === key,
    readMore: () => read(state.next, state.groups),
    retry: () => setAttempt(attempt + 1),
  };
}

function Mistake({ id, query, problem, position }) {
  const letters = Array.from(query);
  const rest = letters.slice(position),
    space = rest.findIndex((each) => /\s/.test(each)),
    length = Math.max(1, space < 0 ? rest.length : space);
  return (
    <div id={id} role="alert" className="callout red">
      <TriangleAlert size={16} aria-hidden />
      <div className="grow">
        <p>{problem}</p>
        {position !== undefined && (
          <p className="mono wraps mistake">
            {letters.slice(0, position).join("")}
            <mark>{rest.slice(0, length).join("") || "\u2002"}</mark>
            {rest.slice(length).join("")}
          </p>
        )}
      </div>
    </div>
  );
}

function Start({ fields, onQuery }) {
  const { views } = useViews("search");
  return (
    <div className="card search-start">
      {views.length > 0 && (
        <section className="wide">
          <div className="flexrow">
            <h2 className="grow">Saved views</h2>
            <Views kind="search" />
          </div>
          <ul className="chips">
            {views.map((view) => (
              <li key={view.id}>
                <Link className="chip" to={addressOf(view)} title={view.query}>
                  {view.name}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2>Find any step of any run</h2>
        <p className="mut">
          Words are found in steps, titles, prompts and results, in any case and with any ending.
        </p>
        <ul className="stack">
          {EXAMPLES.map(([query, about]) => (
            <li key={query}>
              <button type="button" className="chip mono" onClick={() => onQuery(query)}>
                {query}
              </button>
              <span className="sm mut">{about}</span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>Fields</h2>
        <dl className="kv">
          {fields.map((field) => [
            <dt key={field.name}>
              <button
                type="button"
                className="mono link-like"
                onClick={() => onQuery(`${field.name}:${field.example}`)}
              >
                {field.name}:{field.example}
              </button>
            </dt>,
            <dd key={`${field.name}-about`}>{field.about}</dd>,
          ])}
        </dl>
      </section>
    </div>
  );
}

function Nothing({ query, fields, onQuery }) {
  const names = fields.map((field) => field.name).join("|");
  const words = names
    ? query
        .replace(new RegExp(`(^|\\s)-?(?:${names}):(?:"[^"]*"|[^\\s"])*`, "gi"), " ")
        .trim()
        .replace(/\s+/g, " ")
    : query;
  return (
    <div className="card blank">
      <h2>Nothing fits</h2>
      <p className="mut">
        Whole words are searched: try another form, or fewer of them. Search in one run finds any
        characters.
      </p>
      {words && words !== query && (
        <button type="button" className="btn" onClick={() => onQuery(words)}>
          Search without the fields
        </button>
      )}
      <button type="button" className="btn ghost" onClick={() => onQuery("")}>
        Clear the query
      </button>
    </div>
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

export function SearchPage({ looks, formats, children }) {
  const [params, setParams] = useSearchParams();
  const query = (params.get("q") ?? "").trim(),
    order = params.get("order") === "best" ? "best" : "newest";
  const [text, setText] = useState(params.get("q") ?? "");
  const [completing, setCompleting] = useState(false);
  const fields = useFields(),
    found = useHits(query, order),
    errorId = useId();
  const asked = useRef(query);

  const go = useCallback(
    (q, wanted) => {
      asked.current = q;
      setParams(
        (old) => {
          const now = new URLSearchParams(old);
          if (q) now.set("q", q);
          else now.delete("q");
          if (wanted === "best") now.set("order", "best");
          else now.delete("order");
          return now;
        },
        { replace: true, preventScrollReset: true },
      );
    },
    [setParams],
  );
  // The address was changed by somebody else: a link, or the browser's way back.
  useEffect(() => {
    if (query !== asked.current) {
      asked.current = query;
      setText(query);
    }
  }, [query]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === query || completing) return undefined;
    // Half a field is no mistake yet.
    if (/(^|\s)-?[a-z]+:$|(^|\s)-$|\bOR$/i.test(wanted)) return undefined;
    const timer = setTimeout(() => go(wanted, order), wanted ? DELAY_MS : 0);
    return () => clearTimeout(timer);
  }, [text, query, order, go, completing]);
  const ask = (q) => {
    setText(q);
    go(q, order);
  };

  const hits = (found.groups ?? []).reduce((sum, group) => sum + group.hits.length, 0);
  const isBad = found.isCurrent && found.problem !== undefined && found.position !== undefined;
  const total =
    found.total === undefined
      ? ""
      : `${found.total.toLocaleString("en").replaceAll(",", "\u202f")}${found.capped ? "+" : ""} ${found.total === 1 ? "hit" : "hits"}`;
  return (
    <>
      <SearchBox
        text={text}
        fields={fields}
        isBad={isBad}
        errorId={errorId}
        onChange={setText}
        onComplete={setCompleting}
        onSearch={() => {
          if (text.trim() === query) found.retry();
          else go(text.trim(), order);
        }}
      />
      {children}
      {query && found.problem !== undefined && (
        <Mistake
          id={errorId}
          query={found.asked}
          problem={found.problem}
          position={found.position}
        />
      )}
      {query && found.problem !== undefined && found.position === undefined && (
        <button type="button" className="btn" onClick={found.retry}>
          Try again
        </button>
      )}
      {!query ? (
        <Start fields={fields} onQuery={ask} />
      ) : (
        <div aria-busy={found.busy === true} className="stack">
          <div className="flexrow search-bar">
            <b role="status" className="num med grow">
              {found.problem === undefined ? total : ""}
            </b>
            {found.groups?.length > 0 && <ExportMenu query={query} formats={formats} />}
            <Views kind="search" />
            <div className="seg s1" role="group" aria-label="Order of the hits">
              {[
                ["newest", "Newest"],
                ["best", "Best"],
              ].map(([name, label]) => (
                <button
                  key={name}
                  type="button"
                  aria-pressed={order === name}
                  onClick={() => go(query, name)}
                >
                  {label}
                </button>
              ))}
            </div>
          </div>
          {found.groups === undefined ? (
            found.problem === undefined && <Bones />
          ) : (
            <SearchHits
              groups={found.groups}
              looks={looks}
              onNarrow={(term) => ask(`${query} ${term}`)}
            />
          )}
          {found.groups && !hits && !found.next && found.problem === undefined && (
            <Nothing query={query} fields={fields} onQuery={ask} />
          )}
          {found.groups && !hits && found.next && (
            <p className="mut pad">Nothing yet in what was looked through so far.</p>
          )}
          {found.next && (
            <button
              type="button"
              className="btn more"
              disabled={found.busy}
              onClick={found.readMore}
            >
              {found.busy ? "Searching…" : "Show more"}
            </button>
          )}
        </div>
      )}
    </>
  );
}
