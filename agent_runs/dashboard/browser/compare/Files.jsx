// The files that compared runs changed, each with the diffs side by side.
import { ChevronDown, ChevronRight } from "lucide-react";
import { useEffect, useState } from "react";
import { clean } from "../reading.js";
import { DiffLines, Stat } from "../text/DiffLines.jsx";
import { counted, grouped } from "../text/numbers.js";
import { Sides } from "./Sides.jsx";

/** @import { ComparedFile, Comparison } from "../shapes.d.ts" */

const MOST_OPEN = 20;

/** @param {{ comparison: Comparison, ids: string }} props */
export function Files({ comparison, ids }) {
  const [chosen, setChosen] = useState(() => /** @type {Map<string, boolean>} */ (new Map()));
  // A choice belongs to these runs.
  useEffect(() => setChosen(new Map()), [ids]);
  const more = comparison.files_total - comparison.files.length;
  const isIncomplete = comparison.runs.some((run) => !run.has_diff);
  return (
    <section className="card" aria-label="Changes">
      <header>
        <h2>Changes</h2>
        <span className="sm mut">
          {counted(comparison.files_total, "file")}
          {isIncomplete ? "; the changes of some runs are unavailable" : ""}
        </span>
      </header>
      {comparison.files.length > 0 ? (
        <div className="stack pad">
          {comparison.files.map((file, at) => {
            const open = chosen.get(file.path) ?? (!file.same && at < MOST_OPEN);
            const toggle = () => setChosen((old) => new Map(old).set(file.path, !open));
            return <File key={file.path} file={file} open={open} onToggle={toggle} />;
          })}
          {more > 0 && <p className="mut">{grouped(more)} more files are not shown.</p>}
        </div>
      ) : (
        <p className="mut pad">None of these runs changed a file.</p>
      )}
    </section>
  );
}

/** @param {{ file: ComparedFile, open: boolean, onToggle: () => void }} props */
function File({ file, open, onToggle }) {
  const Chevron = open ? ChevronDown : ChevronRight;
  const path = clean(file.path);
  const shown = file.same ? file.changes.slice(0, 1) : file.changes;
  return (
    <section className="body file" aria-label={path}>
      <div className="bar">
        <button
          type="button"
          className="btn ghost s1 ic"
          aria-expanded={open}
          aria-label={`${open ? "Collapse" : "Expand"} ${path}`}
          onClick={onToggle}
        >
          <Chevron size={14} aria-hidden />
        </button>
        <span className="cut mono" title={path}>
          {path}
        </span>
        {file.same && <span className="badge green">The same</span>}
      </div>
      {open && (
        <Sides count={shown.length} className="diffs">
          {shown.map((change) => (
            <div key={change.agent_run_id}>
              <div className="flexrow sm mut">
                <span>{file.same ? "In all runs" : `Run ${change.agent_run_id}`}</span>
                {change.status ? (
                  <>
                    <span>{change.status}</span>
                    <Stat added={change.added} removed={change.removed} />
                  </>
                ) : (
                  <span>not changed</span>
                )}
              </div>
              <ChangeText change={change} />
            </div>
          ))}
        </Sides>
      )}
    </section>
  );
}

/** @param {{ change: ComparedFile["changes"][number] }} props */
function ChangeText({ change: { diff, status } }) {
  if (/^@@ /m.test(diff)) return <DiffLines unified={diff} />;
  if (diff) return <p className="sm mut">There is no text to compare.</p>;
  if (!status) return null;
  return <p className="sm mut">This diff is too large to show here. Open the run to see it.</p>;
}
