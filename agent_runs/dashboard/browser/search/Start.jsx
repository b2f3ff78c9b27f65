// The search page before a search, and after one without hits.
import { Link } from "react-router";
import { useViews } from "../views/useViews.jsx";
import { Views } from "../views/Views.jsx";
import { addressOf } from "../views/views.js";
import { withoutFields } from "./query.js";

/** @import { SearchField } from "../shapes.d.ts" */

const EXAMPLES = [
  ["failed:yes after:7d", "Failed steps of the last week"],
  ["type:error status:error", "Errors in failed runs"],
  ['"permission denied" -sandbox', "This phrase, without that word"],
  ["tool:bash,execute timeout OR deadline", "Either word, in calls of either tool"],
];

/** @param {{ fields: SearchField[], onQuery: (query: string) => void }} props */
export function Start({ fields, onQuery }) {
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
          Searches steps, titles, prompts and results. Case and word endings do not matter.
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
          {fields.map((field) => (
            <FieldLine key={field.name} field={field} onQuery={onQuery} />
          ))}
        </dl>
      </section>
    </div>
  );
}

/** @param {{ field: SearchField, onQuery: (query: string) => void }} props */
function FieldLine({ field: { name, example, about }, onQuery }) {
  const query = `${name}:${example}`;
  return (
    <>
      <dt>
        <button type="button" className="mono link-like" onClick={() => onQuery(query)}>
          {query}
        </button>
      </dt>
      <dd>{about}</dd>
    </>
  );
}

/**
 * @param {{ query: string, fields: SearchField[], onQuery: (query: string) => void }} props
 */
export function Nothing({ query, fields, onQuery }) {
  const names = fields.map((field) => field.name);
  const words = withoutFields(query, names);
  return (
    <div className="card blank">
      <h2>Nothing matches</h2>
      <p className="mut">
        This search looks for whole words: try other words, or fewer. To find parts of words, search
        within a run.
      </p>
      {words && words !== query && (
        <button type="button" className="btn" onClick={() => onQuery(words)}>
          Search without fields
        </button>
      )}
      <button type="button" className="btn ghost" onClick={() => onQuery("")}>
        Clear the query
      </button>
    </div>
  );
}
