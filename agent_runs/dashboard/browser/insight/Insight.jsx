// What happened in a run, as the API finds it in the entries: a whole page, or a few lines.
import { Clock, TriangleAlert } from "lucide-react";
import { Link } from "react-router";
import { clean, moneyWords } from "../reading.js";
import { Stat } from "../text/DiffLines.jsx";
import { grouped, timeTaken } from "../text/numbers.js";
import { Findings, Outcome, StepLink } from "./findings.jsx";
import { useInsight } from "./useInsight.jsx";

/** @import { Insight as RunInsight } from "../shapes.d.ts" */

/** @type {Record<string, string>} */
const WAITED_FOR = { model: "the model", tool: "a tool", person: "you" };
const MOST = 10;
const MOST_IN_SHORT = 3;

/**
 * @param {{ runId: number, version: number, active: boolean, compact: boolean }} props it reads
 *   again when `version` changes; `compact` is for the side of a page
 */
export function Insight({ runId, version, active, compact }) {
  const { insight, problem } = useInsight(runId, version, active);
  if (problem && !insight) {
    return (
      <p role="alert" className="note red">
        <TriangleAlert size={14} aria-hidden />
        {clean(problem)}
      </p>
    );
  }
  if (!insight) {
    return (
      <div aria-hidden className="stack">
        <i className="skel" style={{ width: "80%" }} />
        <i className="skel" style={{ width: "60%" }} />
      </div>
    );
  }
  if (!compact) return <Whole runId={runId} insight={insight} />;
  return (
    <div className="sm">
      <p className="wraps">{clean(insight.outcome)}</p>
      <Findings runId={runId} insight={insight} most={MOST_IN_SHORT} />
      <Link to={`/runs/${runId}?tab=insight`} className="link">
        More insight
      </Link>
    </div>
  );
}

/** @typedef {{ runId: number, insight: RunInsight }} Props */

/** @param {Props} props */
const Whole = (props) => (
  <div className="insight">
    <Summary {...props} />
    <Waits {...props} />
    <Files {...props} />
    <Commands {...props} />
  </div>
);

/** @param {{ title: string, note?: string, children: React.ReactNode }} props */
function Section({ title, note, children }) {
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {note && <span className="sm mut">{note}</span>}
      </header>
      <div className="pad">{children}</div>
    </section>
  );
}

/** @param {Props} props */
function Summary({ runId, insight }) {
  const { usage } = insight;
  return (
    <Section title="What happened">
      <p className="wraps">{clean(insight.outcome)}</p>
      <Findings runId={runId} insight={insight} most={MOST} />
      {!insight.first_error && !insight.repeats.length && (
        <p className="mut">No step failed, and none was repeated in a loop.</p>
      )}
      <dl className="kv sm">
        <dt>Steps</dt>
        <dd>{grouped(insight.steps)}</dd>
        <dt>Tool calls</dt>
        <dd>{`${grouped(insight.tool_calls)}, ${grouped(insight.failed_calls)} failed`}</dd>
        <dt>Working time</dt>
        <dd>{timeTaken(insight.working_ms)}</dd>
        <dt>Time in tools</dt>
        <dd>{timeTaken(insight.tool_ms)}</dd>
        {usage.total_tokens != null && (
          <>
            <dt>Tokens, as reported</dt>
            <dd>{grouped(usage.total_tokens)}</dd>
          </>
        )}
        {usage.cost != null && (
          <>
            <dt>Cost, as reported</dt>
            <dd>{moneyWords(usage.cost, usage.currency)}</dd>
          </>
        )}
      </dl>
    </Section>
  );
}

/** @param {Props} props */
function Waits({ runId, insight: { waits } }) {
  return (
    <Section title="Longest waits">
      {waits.length > 0 ? (
        <ul className="findings">
          {waits.map((wait) => (
            <li key={`${wait.seq}${wait.kind}`} className="finding">
              <Clock size={14} aria-hidden />
              <div className="grow wraps">
                {timeTaken(wait.duration_ms)} for {WAITED_FOR[wait.kind] ?? wait.kind}:{" "}
                <StepLink runId={runId} seq={wait.seq}>
                  {clean(wait.text) || `step ${wait.seq}`}
                </StepLink>
              </div>
            </li>
          ))}
        </ul>
      ) : (
        <p className="mut">Nothing took a second or more.</p>
      )}
    </Section>
  );
}

/** @param {Props} props */
function Files({ runId, insight: { files, files_total: total } }) {
  const note =
    total > files.length ? `${grouped(files.length)} of ${grouped(total)}` : grouped(total);
  return (
    <Section title="Files changed" note={note}>
      {files.length > 0 ? (
        <ul className="findings">
          {files.map((file) => (
            <li key={file.path} className="finding">
              <div className="grow wraps">
                <StepLink runId={runId} seq={file.seqs[file.seqs.length - 1]}>
                  <span className="mono">{clean(file.path)}</span>
                </StepLink>{" "}
                {file.is_new && <span className="badge">New</span>}
              </div>
              <Stat added={file.added} removed={file.removed} />
            </li>
          ))}
        </ul>
      ) : (
        <p className="mut">No files were changed.</p>
      )}
    </Section>
  );
}

/** @param {Props} props */
function Commands({ runId, insight: { commands, commands_total: total } }) {
  const isPart = total > commands.length;
  const note = `${isPart ? `the last ${grouped(commands.length)} of ` : ""}${grouped(total)}`;
  return (
    <Section title="Commands run" note={note}>
      {commands.length > 0 ? (
        <ul className="findings">
          {commands.map((command) => (
            <li key={command.seq} className="finding">
              <Outcome ok={!command.failed} label={["Succeeded", "Failed"]} />
              <div className="grow wraps">
                <StepLink runId={runId} seq={command.seq}>
                  <span className="mono">{clean(command.command)}</span>
                </StepLink>
              </div>
              <span className="sm mut num">
                {command.exit_code ? `exit ${command.exit_code} · ` : ""}
                {timeTaken(command.duration_ms)}
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p className="mut">No commands were run.</p>
      )}
    </Section>
  );
}
