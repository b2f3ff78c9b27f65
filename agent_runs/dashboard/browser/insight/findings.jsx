// Single findings: errors, tests, loops. Each links to its step.
import { CircleCheck, CircleX, Repeat } from "lucide-react";
import { Link } from "react-router";
import { clean } from "../reading.js";
import { grouped } from "../text/numbers.js";

/** @import { Finding, Insight, TestResult } from "../shapes.d.ts" */

/** @param {{ runId: number, seq: number, children: React.ReactNode }} props */
export const StepLink = ({ runId, seq, children }) => (
  <Link to={`/runs/${runId}?step=${seq}`} className="link" title="Show this step">
    {children}
  </Link>
);

/** @param {{ ok: boolean, label?: [good: string, bad: string] }} props */
export const Outcome = ({ ok, label }) => {
  const Icon = ok ? CircleCheck : CircleX;
  return (
    <Icon
      size={14}
      className={ok ? "green" : "red"}
      {...(label ? { "aria-label": label[ok ? 0 : 1] } : { "aria-hidden": true })}
    />
  );
};

/**
 * How the run went: what failed, what was repeated in a loop, and the tests.
 *
 * @param {{ runId: number, insight: Insight, most: number }} props
 */
export function Findings({ runId, insight, most }) {
  const { first_error: first, last_error: last, repeats, tests } = insight;
  return (
    <ul className="findings">
      {first && (
        <ErrorLine runId={runId} name="First error" error={first} cause={insight.first_cause} />
      )}
      {last && last.seq !== first?.seq && (
        <ErrorLine runId={runId} name="Ended by" error={last} cause={insight.last_cause} />
      )}
      {repeats.slice(0, most).map((repeat) => (
        <li key={repeat.seqs[0]} className="finding">
          <Repeat size={14} className="amber" aria-hidden />
          <div className="grow wraps">
            Looped {grouped(repeat.times)} times:{" "}
            <StepLink runId={runId} seq={repeat.seqs[0]}>
              {clean(`${repeat.tool_name} ${repeat.text}`)}
            </StepLink>
          </div>
        </li>
      ))}
      {tests
        .slice(-most)
        .reverse()
        .map((test) => (
          <TestLine key={test.seq} runId={runId} test={test} />
        ))}
    </ul>
  );
}

/**
 * @param {{ runId: number, name: string, error: Finding, cause?: Finding | null }} props
 */
function ErrorLine({ runId, name, error, cause }) {
  const isElsewhere = cause && cause.seq !== error.seq;
  const causeText = cause && clean(`${cause.tool_name}: ${cause.text}`);
  return (
    <li className="finding">
      <CircleX size={14} className="red" aria-hidden />
      <div className="grow wraps">
        <b className="med">{name}: </b>
        <StepLink runId={runId} seq={error.seq}>
          {clean(error.text)}
        </StepLink>
        {isElsewhere ? (
          <div className="sm mut">
            Caused by{" "}
            <StepLink runId={runId} seq={cause.seq}>
              {causeText}
            </StepLink>
          </div>
        ) : (
          causeText && <div className="sm mut mono">{causeText}</div>
        )}
      </div>
    </li>
  );
}

/** @param {{ runId: number, test: TestResult }} props */
function TestLine({ runId, test }) {
  return (
    <li className="finding">
      <Outcome ok={test.ok} />
      <div className="grow wraps">
        {test.ok ? "Tests passed: " : "Tests failed: "}
        <StepLink runId={runId} seq={test.seq}>
          {clean(test.text)}
        </StepLink>{" "}
        <span className="sm mut">{clean(test.runner)}</span>
      </div>
    </li>
  );
}
