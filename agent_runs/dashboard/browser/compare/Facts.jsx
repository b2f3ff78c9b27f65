// Runs side by side in figures.
import { Link } from "react-router";
import { clean, moneyWords } from "../reading.js";
import { Stat } from "../text/DiffLines.jsx";
import { grouped, NONE, sumOf, timeTaken } from "../text/numbers.js";
import { Status } from "../text/Status.jsx";

/** @import { ComparedRun } from "../shapes.d.ts" */

const MOST_TOOLS = 15;

/** @param {number | null | undefined} number */
const figure = (number) => (number == null ? NONE : grouped(number));

/** @type {[name: string, show: (run: ComparedRun) => React.ReactNode][]} */
const ROWS = [
  ["Outcome", (run) => <Noted note={run.outcome}>{<Status run={run} />}</Noted>],
  ["Agent", (run) => clean([run.agent, run.model].filter(Boolean).join(" · ")) || NONE],
  ["Template", (run) => clean(run.mode) || NONE],
  ["Duration", (run) => timeTaken(run.duration_ms)],
  ["First step after", (run) => timeTaken(run.first_step_ms)],
  ["Waited for you", (run) => timeTaken(run.waited_ms)],
  ["Steps", (run) => figure(run.steps)],
  ["Tool calls", (run) => `${figure(run.tool_calls)}, ${figure(run.failed_calls)} failed`],
  ["Tokens, as reported", (run) => figure(run.usage.total_tokens)],
  ["Cost, as reported", costOf],
  ["Last tests seen", (run) => (run.tests ? <Tests tests={run.tests} /> : NONE)],
  [
    "Lines changed",
    (run) => (run.has_diff ? <Stat added={run.added} removed={run.removed} /> : NONE),
  ],
];

/** @param {ComparedRun} run */
function costOf({ usage: { cost, currency } }) {
  return cost == null ? NONE : moneyWords(cost, currency);
}

/** @param {{ note: string, children: React.ReactNode }} props */
const Noted = ({ note, children }) => (
  <>
    {children}
    <div className="sm mut wraps">{clean(note)}</div>
  </>
);

/** @param {{ tests: NonNullable<ComparedRun["tests"]> }} props */
const Tests = ({ tests }) => (
  <Noted note={tests.text}>
    <span className={tests.ok ? "green" : "red"}>{tests.ok ? "Passed" : "Failed"}</span>
  </Noted>
);

/**
 * The tools with the most calls in all runs together.
 *
 * @param {ComparedRun[]} runs
 */
function busiestTools(runs) {
  const calls = (/** @type {string} */ tool) => sumOf(runs, (run) => run.tools[tool] ?? 0);
  return [...new Set(runs.flatMap((run) => Object.keys(run.tools)))]
    .sort((one, other) => calls(other) - calls(one))
    .slice(0, MOST_TOOLS);
}

/** @param {{ runs: ComparedRun[] }} props */
export function Facts({ runs }) {
  const tools = busiestTools(runs);
  return (
    <section className="card" aria-label="Facts">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also with the keyboard */}
      <section className="sheetbox" tabIndex={0} aria-label="Facts side by side">
        <table
          className="tbl compared"
          style={/** @type {React.CSSProperties} */ ({ "--sides": runs.length })}
        >
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
                  <div className="wraps title">{clean(run.name)}</div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ROWS.map(([name, show]) => (
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
              <tr key={`tool ${tool}`}>
                <th scope="row" className="mono">
                  {clean(tool)}
                </th>
                {runs.map((run) => (
                  <td key={run.id}>{figure(run.tools[tool] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
