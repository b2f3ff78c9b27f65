// The hits of a search, by run, with the searched words marked.
import { FileText, Terminal } from "lucide-react";
import { Link } from "react-router";
import { OF_MESSAGES } from "../entry/icons.jsx";
import { clean, kindWord } from "../reading.js";
import { Status } from "../text/Status.jsx";
import { Ago } from "../text/Times.jsx";
import { snippetPieces } from "./hits.js";

/** @import { SearchGroup, SearchHit } from "../shapes.d.ts" */

/**
 * @param {{ groups: SearchGroup[], onNarrow: (term: string) => void }} props `onNarrow` searches
 *   again with another term
 */
export function SearchHits({ groups, onNarrow }) {
  return groups.map((group, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: sorted by rank, a run may come twice
    <Group key={`${group.run.id}.${at}`} group={group} onNarrow={onNarrow} />
  ));
}

/** @param {{ group: SearchGroup, onNarrow: (term: string) => void }} props */
function Group({ group: { run, hits }, onNarrow }) {
  return (
    <section className="card search-run" aria-label={`Run ${run.id}: ${run.name}`}>
      <header>
        <Status run={run} coloured />
        <h2 className="cut grow">
          <Link to={`/runs/${run.id}`} className="title">
            {run.name}
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
          Exclude
        </button>
      </header>
      <ul>
        {hits.map((hit) => (
          <Hit key={hit.seq ?? "run"} runId={run.id} hit={hit} />
        ))}
      </ul>
    </section>
  );
}

/** @param {{ runId: number, hit: SearchHit }} props */
function Hit({ runId, hit }) {
  const { seq, failed, message_type: type, tool_name: tool } = hit;
  const Icon = type === null ? FileText : (OF_MESSAGES[type] ?? Terminal);
  const name = tool || (type === null ? "Run" : kindWord(type));
  return (
    <li className="search-hit" data-row={`${runId}:${seq}`}>
      <Link
        to={seq === null ? `/runs/${runId}` : `/runs/${runId}?step=${seq}`}
        data-row-link=""
        className={failed ? "failed" : ""}
      >
        <span className="num mut sm">
          {seq !== null && <span className="vh">Step </span>}
          {seq === null ? "run" : `#${seq}`}
          {failed && <span className="vh">, failed</span>}
        </span>
        <span className={`kind sm ${failed ? "red" : "mut"}`}>
          <Icon size={14} aria-hidden />
          <span className="cut mono">{clean(name)}</span>
        </span>
        <span className="snippet">
          {snippetPieces(hit.snippet, hit.highlights).map(([piece, isHit], at) =>
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other name
            isHit ? <mark key={at}>{piece}</mark> : piece,
          )}
        </span>
        <span className="sm mut desk when">
          <Ago at={hit.created_at} />
        </span>
      </Link>
    </li>
  );
}
