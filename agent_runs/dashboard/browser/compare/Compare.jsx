// Runs side by side: facts, tools, the step where they part, answers and diffs.
import { Check, GitFork } from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { ApiProblem, getJson, messageOf } from "../api.js";
import { clean } from "../reading.js";
import { counted, NONE } from "../text/numbers.js";
import { Facts } from "./Facts.jsx";
import { Files } from "./Files.jsx";
import { Sides } from "./Sides.jsx";

/** @import { ComparedRun, Comparison, Parting as PartingPlace } from "../shapes.d.ts" */

/** @param {{ ids: string, version: number }} props it reads again when `version` changes */
export function Compare({ ids, version }) {
  const { comparison, problem } = useComparison(ids, version);
  if (problem && !comparison) return <Refused problem={problem} />;
  if (!comparison) {
    return (
      <div className="stack" aria-hidden>
        <i className="skel" style={{ height: 320 }} />
        <i className="skel" style={{ height: 120 }} />
      </div>
    );
  }
  const { runs } = comparison;
  const isSameAnswer = new Set(runs.map((run) => run.result)).size === 1;
  return (
    <div className="stack compare" data-compared={runs.length}>
      <Facts runs={runs} />
      {comparison.parting ? <Parting parting={comparison.parting} /> : <SameSteps />}
      <Texts title="Prompt" runs={runs} name="prompt" isSame={comparison.same_prompt} />
      <Texts title="Answer" runs={runs} name="result" isSame={isSameAnswer} />
      <Files comparison={comparison} ids={ids} />
    </div>
  );
}

/**
 * @param {string} ids
 * @param {number} version
 */
function useComparison(ids, version) {
  const [comparison, setComparison] = useState(/** @type {Comparison | null} */ (null));
  const [problem, setProblem] = useState("");
  // A comparison belongs to these runs.
  useEffect(() => setComparison(null), [ids]);
  // A new version means that there is more to read.
  useEffect(() => {
    if (!ids) return undefined;
    const aborter = new AbortController();
    getJson(`/compare?ids=${encodeURIComponent(ids)}`, aborter.signal).then(
      (json) => {
        setComparison(json);
        setProblem("");
      },
      (error) => {
        if (!aborter.signal.aborted) setProblem(wordsOf(error));
      },
    );
    return () => aborter.abort();
  }, [ids, version]);
  return { comparison, problem };
}

/** @param {unknown} error */
function wordsOf(error) {
  const isChoice = error instanceof ApiProblem && error.status === 422;
  if (!isChoice) return messageOf(error);
  return "Choose two to six different runs in the list, then compare them.";
}

/** @param {{ problem: string }} props */
const Refused = ({ problem }) => (
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

const SameSteps = () => (
  <section className="card pad2 flexrow" aria-label="Where they part">
    <Check size={16} className="green" aria-hidden />
    <span>These runs took exactly the same steps.</span>
  </section>
);

/** @param {{ parting: PartingPlace }} props */
function Parting({ parting: { common, steps } }) {
  return (
    <section className="card" aria-label="Where they part">
      <header>
        <GitFork size={16} aria-hidden />
        <h2>Where they part</h2>
        <span className="sm mut">
          {common === 0 ? "at the first step" : `after ${counted(common, "common step")}`}
        </span>
      </header>
      <Sides count={steps.length}>
        {steps.map(({ agent_run_id: id, step }) => (
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
              <span className="mut">had already ended</span>
            )}
          </div>
        ))}
      </Sides>
    </section>
  );
}

/**
 * @param {{ title: string, runs: ComparedRun[], name: "prompt" | "result",
 *   isSame: boolean }} props
 */
function Texts({ title, runs, name, isSame }) {
  const shown = isSame ? runs.slice(0, 1) : runs;
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {isSame && <span className="badge green">The same</span>}
      </header>
      <Sides count={shown.length}>
        {shown.map((run) => (
          <div key={run.id}>
            {!isSame && <div className="sm mut">Run {run.id}</div>}
            {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: it takes the focus */}
            <pre
              className="out"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also with the keyboard
              tabIndex={0}
              dir="auto"
              aria-label={`${title} of run ${run.id}`}
            >
              {clean(run[name]) || NONE}
            </pre>
          </div>
        ))}
      </Sides>
    </section>
  );
}
