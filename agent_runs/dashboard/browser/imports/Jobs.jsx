// The chosen files, and the state of each.
import { CircleCheck, CircleX, FileText, LoaderCircle, RotateCw, X } from "lucide-react";
import { memo, useEffect } from "react";
import { Link } from "react-router";
import {
  again,
  cancel,
  cancelAll,
  forget,
  isOpen,
  isUnderWay,
  nameRuns,
  RUNS_NAMED,
} from "./jobs.js";
import { announcementOf, count, counted, OUTCOMES, shownOf, stateOf, totalOf } from "./words.js";

/** @import { ImportResult } from "../shapes.d.ts" */
/** @import { Job as ImportJob, Phase } from "./jobs.js" */

/** @type {Partial<Record<Phase, { Icon: typeof X, tone: string }>>} */
const LOOKS = {
  failed: { Icon: CircleX, tone: "red" },
  done: { Icon: CircleCheck, tone: "green" },
  sending: { Icon: LoaderCircle, tone: "mut spin" },
  storing: { Icon: LoaderCircle, tone: "mut spin" },
};
const CALM = { Icon: FileText, tone: "mut" };

/** @param {{ jobs: ImportJob[] }} props */
export function Jobs({ jobs }) {
  const open = jobs.filter(isOpen).length;
  const { shown, waiting, done } = shownOf(jobs);
  const total = jobs.length > 1 ? totalOf(jobs) : "";
  const files = counted(jobs.length, "file");
  const rest = [
    waiting && `${count(waiting)} more are waiting`,
    done && `${count(done)} more are done`,
  ];
  return (
    <section className="stack" aria-label="Files">
      <div className="flexrow import-bar-line">
        <span className="grow num">
          <b className="med">{open ? `${count(jobs.length - open)} of ${files} done` : files}</b>
          {total && <span className="mut"> · {total}</span>}
        </span>
        {open > 1 && (
          <button type="button" className="btn ghost s1" onClick={cancelAll}>
            Cancel all
          </button>
        )}
        {open < jobs.length && (
          <button type="button" className="btn ghost s1" onClick={forget}>
            <X size={14} aria-hidden />
            Clear the list
          </button>
        )}
      </div>
      <p role="status" className="vh">
        {announcementOf(jobs)}
      </p>
      <ul className="stack">
        {shown.map((job) => (
          <Job key={job.key} job={job} />
        ))}
      </ul>
      {waiting + done > 0 && <p className="sm mut num">{rest.filter(Boolean).join(" · ")}</p>}
      {open > 0 && (
        <p className="sm mut">
          The import continues while you look at other pages of the dashboard. Keep this tab open.
        </p>
      )}
    </section>
  );
}

const Job = memo(
  /** @param {{ job: ImportJob }} props */
  function Job({ job }) {
    const { key, name, phase, result } = job;
    const { Icon, tone } = LOOKS[phase] ?? CALM;
    const canRepeat = (phase === "failed" && !job.isGone) || phase === "cancelled";
    return (
      <li className="card import-job" data-import={phase}>
        <div className="import-line">
          <Icon size={16} aria-hidden className={tone} />
          <span className="col grow">
            <bdi className="med cut" title={job.path}>
              {name}
            </bdi>
            <span className="sm mut num">{stateOf(job)}</span>
          </span>
          {isOpen(job) && (
            <button
              type="button"
              className="btn"
              onClick={() => cancel(key)}
              aria-label={`Cancel ${name}`}
            >
              Cancel
            </button>
          )}
          {canRepeat && (
            <button
              type="button"
              className="btn"
              onClick={() => again(key)}
              aria-label={`Try again: ${name}`}
            >
              <RotateCw size={16} aria-hidden />
              Try again
            </button>
          )}
        </div>
        {isUnderWay(job) && (
          <progress
            className="import-bar"
            aria-label={`Progress of ${name}`}
            max={Math.max(job.file.size, 1)}
            value={phase === "sending" ? job.sent : undefined}
          />
        )}
        {phase === "failed" && (
          <div role="alert" className="callout red">
            <span className="wraps">
              {job.problem} {job.advice}
            </span>
          </div>
        )}
        {phase === "cancelled" && job.advice && <p className="sm mut">{job.advice}</p>}
        {result && result.runs.length > 0 && <Runs job={job} result={result} />}
      </li>
    );
  },
);

/** @param {{ job: ImportJob, result: ImportResult }} props */
function Runs({ job, result }) {
  useEffect(() => {
    nameRuns(job);
  }, [job]);
  const top = result.runs.slice(0, RUNS_NAMED);
  const rest = result.runs.slice(RUNS_NAMED);
  const omitted = result.imported + result.updated + result.known - result.runs.length;
  return (
    <>
      <ul className="import-runs">
        {top.map((run) => (
          <li key={run.id}>
            <Link className="link" to={`/runs/${run.id}`}>
              Run {run.id}
            </Link>
            <span className="cut grow">{job.titles?.[run.id]}</span>
            <span className="sm mut">{OUTCOMES[run.outcome] ?? run.outcome}</span>
          </li>
        ))}
      </ul>
      {rest.length > 0 && (
        <details className="import-rest">
          <summary className="sm mut">
            {counted(rest.length, "more run")}
            {omitted > 0 && `, and ${count(omitted)} that are not listed here`}
          </summary>
          <div className="flexrow wrap num">
            {rest.map((run) => (
              <Link
                key={run.id}
                className="link"
                to={`/runs/${run.id}`}
                title={OUTCOMES[run.outcome]}
              >
                {run.id}
              </Link>
            ))}
          </div>
        </details>
      )}
    </>
  );
}
