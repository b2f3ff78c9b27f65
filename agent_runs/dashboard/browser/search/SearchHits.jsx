// What a search found: the hits of each run, with the words that were looked for marked.
import { Link } from "react-router";
import { CircleX, FileText, ListChecks, MessageSquareText, Terminal, User } from "lucide-react";
import { Ago } from "../text/Times.jsx";

const ICONS = {
  ERROR: CircleX,
  USER_MESSAGE: User,
  FINAL_ANSWER: MessageSquareText,
  PLAN_EVALUATION: ListChecks,
};
const NAMES = {
  ERROR: "Error",
  USER_MESSAGE: "Message",
  FINAL_ANSWER: "Answer",
  PLAN_EVALUATION: "Plan",
  ACTION: "Step",
};

// Offsets are in code points, as in the API; a string of JavaScript counts otherwise.
function Snippet({ text, highlights }) {
  const letters = Array.from(text),
    parts = [];
  let last = 0;
  for (const [start, end] of highlights) {
    if (start > last) parts.push(letters.slice(last, start).join(""));
    parts.push(<mark key={start}>{letters.slice(start, end).join("")}</mark>);
    last = end;
  }
  parts.push(letters.slice(last).join(""));
  return <span className="snippet">{parts}</span>;
}

function Hit({ run, hit }) {
  const name = hit.tool_name || NAMES[hit.message_type] || hit.message_type || "Run";
  const Icon = hit.message_type === null ? FileText : (ICONS[hit.message_type] ?? Terminal);
  const href = hit.seq === null ? `/runs/${run.id}` : `/runs/${run.id}?step=${hit.seq}`;
  return (
    <li className="search-hit" data-row={`${run.id}:${hit.seq}`}>
      <Link to={href} data-row-link="" className={hit.failed ? "failed" : ""}>
        <span className="num mut sm">
          {hit.seq !== null && <span className="vh">Step </span>}
          {hit.seq === null ? "run" : `#${hit.seq}`}
          {hit.failed && <span className="vh">, failed</span>}
        </span>
        <span className={`kind sm ${hit.failed ? "red" : "mut"}`}>
          <Icon size={14} aria-hidden />
          <span className="cut mono">{name}</span>
        </span>
        <Snippet text={hit.snippet} highlights={hit.highlights} />
        <span className="sm mut desk when">
          <Ago at={hit.created_at} />
        </span>
      </Link>
    </li>
  );
}

export function SearchHits({ groups, looks, onNarrow }) {
  return groups.map(({ run, hits }, at) => {
    const look = looks[run.status] ?? { word: run.status, tone: "mut", dot: "" };
    return (
      <section
        key={`${run.id}.${at}`}
        className="card search-run"
        aria-label={`Run ${run.id}: ${run.title}`}
      >
        <header>
          <span className={`st ${look.tone}`}>
            <span className={`dot ${look.dot}`} aria-hidden />
            {look.word}
          </span>
          <h2 className="cut grow">
            <Link to={`/runs/${run.id}`} className="title">
              {run.title || `Run ${run.id}`}
            </Link>
          </h2>
          {run.agent && <span className="badge desk">{run.agent}</span>}
          {run.archived && <span className="badge desk">Archived</span>}
          <span className="sm mut desk">
            Run {run.id} · <Ago at={run.created_at} />
          </span>
          <button type="button" className="btn ghost s1" onClick={() => onNarrow(`run:${run.id}`)}>
            Only this run
          </button>
          <button
            type="button"
            className="btn ghost s1 desk"
            onClick={() => onNarrow(`-run:${run.id}`)}
          >
            Leave out
          </button>
        </header>
        <ul>
          {hits.map((hit) => (
            <Hit key={hit.seq ?? "run"} run={run} hit={hit} />
          ))}
        </ul>
      </section>
    );
  });
}
