// Runs side by side: facts, tools, the step where they part, answers and diffs.
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { Check, ChevronDown, ChevronRight, GitFork } from "lucide-react";
import { time } from "../insight/Insight.jsx";
import { DiffLines, Stat, clean, firstLine } from "../text/Payload.jsx";

const NONE = "-";
const WORDS = {
  COMPLETE: ["Complete", "green"],
  ERROR: ["Failed", "red"],
  TIMEOUT: ["Timed out", "red"],
  MAX_ITERATIONS_REACHED: ["Step limit", "red"],
  OUT_OF_TOKENS: ["Out of tokens", "red"],
  CANCELLED: ["Cancelled", ""],
  PAUSED: ["Needs you", "amber"],
  ACTIVE: ["Running", "blue"],
  EVALUATION: ["Evaluating", "violet"],
  PENDING: ["Queued", "ring"],
};

const count = (number) => (number == null ? NONE : number.toLocaleString());

async function read(ids) {
  const answer = await fetch(`/api/compare?ids=${encodeURIComponent(ids)}`, {
    credentials: "same-origin",
  });
  const json = await answer.json().catch(() => ({}));
  if (answer.ok) return json;
  throw new Error(
    answer.status === 422
      ? "Choose two to six different runs in the list, then compare them."
      : json.message || `The API answered ${answer.status}.`,
  );
}

function Status({ run }) {
  const [word, dot] = WORDS[run.status] ?? [run.status, ""];
  return (
    <span className="st">
      <span className={`dot ${dot}`} aria-hidden />
      {word}
    </span>
  );
}

function Facts({ runs }) {
  const tools = [...new Set(runs.flatMap((run) => Object.keys(run.tools)))]
    .sort((a, b) => runs.reduce((sum, run) => sum + (run.tools[b] ?? 0) - (run.tools[a] ?? 0), 0))
    .slice(0, 15);
  const rows = [
    [
      "Outcome",
      (run) => (
        <>
          <Status run={run} />
          <div className="sm mut wraps">{clean(run.outcome)}</div>
        </>
      ),
    ],
    ["Agent", (run) => clean([run.agent, run.model].filter(Boolean).join(" · ")) || NONE],
    ["Template", (run) => clean(run.mode) || NONE],
    ["Duration", (run) => time(run.duration_ms)],
    ["First step after", (run) => time(run.first_step_ms)],
    ["Waited for you", (run) => time(run.waited_ms)],
    ["Steps", (run) => count(run.steps)],
    ["Tool calls", (run) => `${count(run.tool_calls)}, ${count(run.failed_calls)} failed`],
    ["Tokens, as reported", (run) => count(run.usage.total_tokens)],
    [
      "Cost, as reported",
      (run) =>
        run.usage.cost == null ? NONE : `${run.usage.cost.toFixed(2)} ${clean(run.usage.currency)}`,
    ],
    [
      "Last tests seen",
      (run) =>
        run.tests ? (
          <>
            <span className={run.tests.ok ? "green" : "red"}>
              {run.tests.ok ? "Passed" : "Failed"}
            </span>
            <div className="sm mut wraps">{clean(run.tests.text)}</div>
          </>
        ) : (
          NONE
        ),
    ],
    [
      "Lines changed",
      (run) => (run.has_diff ? <Stat added={run.added} removed={run.removed} /> : NONE),
    ],
  ];
  return (
    <section className="card" aria-label="Facts">
      <div className="sheetbox" tabIndex={0} role="region" aria-label="Facts side by side">
        <table className="tbl compared">
          <thead>
            <tr>
              <th scope="col">
                <span className="vh">What</span>
              </th>
              {runs.map((run) => (
                <th key={run.id} scope="col">
                  <Link className="link" to={`/runs/${run.id}`}>
                    Run {run.id}
                  </Link>
                  <div className="wraps title">{firstLine(run.title)}</div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, show]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {runs.map((run) => (
                  <td key={run.id}>{show(run)}</td>
                ))}
              </tr>
            ))}
            {tools.length > 0 && (
              <tr className="group">
                <th scope="rowgroup" colSpan={runs.length + 1}>
                  Calls by tool
                </th>
              </tr>
            )}
            {tools.map((tool) => (
              <tr key={`t${tool}`}>
                <th scope="row" className="mono">
                  {clean(tool)}
                </th>
                {runs.map((run) => (
                  <td key={run.id}>{count(run.tools[tool] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Parting({ parting }) {
  if (!parting)
    return (
      <section className="card pad2 flexrow" aria-label="Where they part">
        <Check size={16} className="green" aria-hidden />
        <span>They took the same steps, one for one.</span>
      </section>
    );
  return (
    <section className="card" aria-label="Where they part">
      <header>
        <GitFork size={16} aria-hidden />
        <h2>Where they part</h2>
        <span className="sm mut">
          {parting.common === 0
            ? "with the first step"
            : parting.common === 1
              ? "after 1 common step"
              : `after ${count(parting.common)} common steps`}
        </span>
      </header>
      <div className="sides" style={{ "--sides": parting.steps.length }}>
        {parting.steps.map(({ agent_run_id: id, step }) => (
          <div key={id}>
            <div className="sm mut">Run {id}</div>
            {step ? (
              <Link
                className="step-link"
                to={`/runs/${id}?step=${step.seq}`}
                title="Show this step"
              >
                <b className="mono">{clean(step.tool_name)}</b>{" "}
                <span className="mono wraps">{clean(step.text)}</span>
              </Link>
            ) : (
              <span className="mut">had ended</span>
            )}
          </div>
        ))}
      </div>
    </section>
  );
}

function Texts({ title, runs, name, same }) {
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {same && <span className="badge green">The same</span>}
      </header>
      <div className="sides" style={{ "--sides": same ? 1 : runs.length }}>
        {(same ? runs.slice(0, 1) : runs).map((run) => (
          <div key={run.id}>
            {!same && <div className="sm mut">Run {run.id}</div>}
            <pre className="out" tabIndex={0} dir="auto" aria-label={`${title} of run ${run.id}`}>
              {clean(run[name]) || NONE}
            </pre>
          </div>
        ))}
      </div>
    </section>
  );
}

function File({ file, open, onToggle }) {
  const Chevron = open ? ChevronDown : ChevronRight,
    path = clean(file.path);
  const shown = file.same ? file.changes.slice(0, 1) : file.changes;
  return (
    <section className="body file" aria-label={path}>
      <div className="bar">
        <button
          type="button"
          className="btn ghost s1 ic"
          aria-expanded={open}
          aria-label={`${open ? "Fold" : "Open"} ${path}`}
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
        <div className="sides diffs" style={{ "--sides": shown.length }}>
          {shown.map((change) => (
            <div key={change.agent_run_id}>
              <div className="flexrow sm mut">
                <span>{file.same ? "In all" : `Run ${change.agent_run_id}`}</span>
                {change.status ? (
                  <>
                    <span>{change.status}</span>
                    <Stat added={change.added} removed={change.removed} />
                  </>
                ) : (
                  <span>left alone</span>
                )}
              </div>
              {change.diff ? (
                /^@@ /m.test(change.diff) ? (
                  <DiffLines unified={change.diff} />
                ) : (
                  <p className="sm mut">There is no text to compare.</p>
                )
              ) : change.status ? (
                <p className="sm mut">Too large to show here; the run's page has it.</p>
              ) : null}
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

export function Compare({ ids, version = 0 }) {
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState("");
  const [folded, setFolded] = useState(() => new Map());
  useEffect(() => {
    setFound(null);
    setFolded(new Map());
  }, [ids]);
  useEffect(() => {
    let gone = false;
    if (!ids) return undefined;
    read(ids)
      .then((json) => {
        if (!gone) {
          setFound(json);
          setProblem("");
        }
      })
      .catch((error) => {
        if (!gone) setProblem(error.message);
      });
    return () => {
      gone = true;
    };
  }, [ids, version]);
  if (problem && !found)
    return (
      <div className="card blank">
        <h2>These runs cannot be compared</h2>
        <p className="mut" role="alert">
          {clean(problem)}
        </p>
        <Link className="btn" to="/">
          Show all runs
        </Link>
      </div>
    );
  if (!found)
    return (
      <div className="stack" aria-hidden>
        <i className="skel" style={{ height: 320 }} />
        <i className="skel" style={{ height: 120 }} />
      </div>
    );
  const isOpen = (at, file) => folded.get(at) ?? (!file.same && at < 20);
  const more = found.files_total - found.files.length;
  return (
    <div className="stack compare" data-compared={found.runs.length}>
      <Facts runs={found.runs} />
      <Parting parting={found.parting} />
      <Texts title="Prompt" runs={found.runs} name="prompt" same={found.same_prompt} />
      <Texts
        title="Answer"
        runs={found.runs}
        name="result"
        same={new Set(found.runs.map((run) => run.result)).size === 1}
      />
      <section className="card" aria-label="Changes">
        <header>
          <h2>Changes</h2>
          <span className="sm mut">
            {found.files_total === 1 ? "1 file" : `${count(found.files_total)} files`}
            {found.runs.some((run) => !run.has_diff)
              ? "; of some runs the changes are not here"
              : ""}
          </span>
        </header>
        {found.files.length ? (
          <div className="stack pad">
            {found.files.map((file, at) => (
              <File
                key={file.path}
                file={file}
                open={isOpen(at, file)}
                onToggle={() => setFolded((old) => new Map(old).set(at, !isOpen(at, file)))}
              />
            ))}
            {more > 0 && <p className="mut">{count(more)} more files are not shown.</p>}
          </div>
        ) : (
          <p className="mut pad">None of them changed a file.</p>
        )}
      </section>
    </div>
  );
}
