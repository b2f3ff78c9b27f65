// What happened in a run, found by the API in its entries; every finding leads to its step.
import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { CircleCheck, CircleX, Clock, Repeat, TriangleAlert } from "lucide-react";
import { getJson } from "../log/Entries.jsx";
import { Stat, clean } from "../text/Payload.jsx";

const CALM_MS = 15000;
const FOR = { model: "the model", tool: "a tool", person: "you" };

export function time(ms) {
  if (!ms) return "-";
  if (ms < 10000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  return s < 60
    ? `${s} s`
    : s < 3600
      ? `${Math.floor(s / 60)} min ${s % 60} s`
      : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

// Reads anew when there is more; while the run works, not more often than every fifteen seconds.
function useInsight(runId, version, active) {
  const [insight, setInsight] = useState(null),
    [problem, setProblem] = useState("");
  const last = useRef(0);
  useEffect(() => {
    setInsight(null);
    setProblem("");
    last.current = 0;
  }, [runId]);
  useEffect(() => {
    let gone = false;
    const wait = active ? Math.max(0, last.current + CALM_MS - Date.now()) : 0;
    const timer = setTimeout(() => {
      last.current = Date.now();
      getJson(`${runId}/insight`)
        .then((json) => {
          if (!gone) {
            setInsight(json);
            setProblem("");
          }
        })
        .catch((error) => {
          if (!gone) setProblem(error.message);
        });
    }, wait);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [runId, version, active]);
  return [insight, problem];
}

function Step({ runId, seq, children }) {
  return (
    <Link to={`/runs/${runId}?step=${seq}`} className="link" title="Show this step">
      {children ?? `Step ${seq}`}
    </Link>
  );
}

function Finding({ runId, name, error, cause }) {
  if (!error) return null;
  return (
    <li className="finding">
      <CircleX size={14} className="red" aria-hidden />
      <div className="grow wraps">
        <b className="med">{name}: </b>
        <Step runId={runId} seq={error.seq}>
          {clean(error.text)}
        </Step>
        {cause && cause.seq !== error.seq ? (
          <div className="sm mut">
            From{" "}
            <Step runId={runId} seq={cause.seq}>
              {clean(`${cause.tool_name}: ${cause.text}`)}
            </Step>
          </div>
        ) : cause ? (
          <div className="sm mut mono">{clean(`${cause.tool_name}: ${cause.text}`)}</div>
        ) : null}
      </div>
    </li>
  );
}

function Tests({ runId, tests, most }) {
  return tests
    .slice(-most)
    .reverse()
    .map((test) => (
      <li key={test.seq} className="finding">
        {test.ok ? (
          <CircleCheck size={14} className="green" aria-hidden />
        ) : (
          <CircleX size={14} className="red" aria-hidden />
        )}
        <div className="grow wraps">
          {test.ok ? "Tests passed: " : "Tests failed: "}
          <Step runId={runId} seq={test.seq}>
            {clean(test.text)}
          </Step>{" "}
          <span className="sm mut">{clean(test.runner)}</span>
        </div>
      </li>
    ));
}

function Main({ runId, insight, most }) {
  const { repeats, tests } = insight;
  const isSame =
    insight.last_error && insight.first_error && insight.last_error.seq === insight.first_error.seq;
  return (
    <ul className="findings">
      <Finding
        runId={runId}
        name="First error"
        error={insight.first_error}
        cause={insight.first_cause}
      />
      {!isSame && (
        <Finding
          runId={runId}
          name="Ended by"
          error={insight.last_error}
          cause={insight.last_cause}
        />
      )}
      {repeats.slice(0, most).map((each) => (
        <li key={each.seqs[0]} className="finding">
          <Repeat size={14} className="amber" aria-hidden />
          <div className="grow wraps">
            Looped {each.times.toLocaleString()} times:{" "}
            <Step runId={runId} seq={each.seqs[0]}>
              {clean(`${each.tool_name} ${each.text}`)}
            </Step>
          </div>
        </li>
      ))}
      <Tests runId={runId} tests={tests} most={most} />
    </ul>
  );
}

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

function Whole({ runId, insight }) {
  const { usage } = insight;
  return (
    <div className="insight">
      <Section title="What happened">
        <p className="wraps">{clean(insight.outcome)}</p>
        <Main runId={runId} insight={insight} most={10} />
        {!insight.first_error && !insight.repeats.length && (
          <p className="mut">No step failed, and nothing was done over and over.</p>
        )}
        <dl className="kv sm">
          <dt>Steps</dt>
          <dd>{insight.steps.toLocaleString()}</dd>
          <dt>Tool calls</dt>
          <dd>{`${insight.tool_calls.toLocaleString()}, ${insight.failed_calls.toLocaleString()} failed`}</dd>
          <dt>Working</dt>
          <dd>{time(insight.working_ms)}</dd>
          <dt>In tools</dt>
          <dd>{time(insight.tool_ms)}</dd>
          {usage.total_tokens != null && (
            <>
              <dt>Tokens, as reported</dt>
              <dd>{usage.total_tokens.toLocaleString()}</dd>
            </>
          )}
          {usage.cost != null && (
            <>
              <dt>Cost, as reported</dt>
              <dd>{`${usage.cost.toFixed(2)} ${clean(usage.currency)}`}</dd>
            </>
          )}
        </dl>
      </Section>
      <Section title="Longest waits">
        {insight.waits.length ? (
          <ul className="findings">
            {insight.waits.map((wait) => (
              <li key={`${wait.seq}${wait.kind}`} className="finding">
                <Clock size={14} aria-hidden />
                <div className="grow wraps">
                  {time(wait.duration_ms)} for {FOR[wait.kind] ?? wait.kind}:{" "}
                  <Step runId={runId} seq={wait.seq}>
                    {clean(wait.text) || `step ${wait.seq}`}
                  </Step>
                </div>
              </li>
            ))}
          </ul>
        ) : (
          <p className="mut">Nothing took a second or more.</p>
        )}
      </Section>
      <Section
        title="Files changed"
        note={
          insight.files_total > insight.files.length
            ? `${insight.files.length.toLocaleString()} of ${insight.files_total.toLocaleString()}`
            : insight.files_total.toLocaleString()
        }
      >
        {insight.files.length ? (
          <ul className="findings">
            {insight.files.map((file) => (
              <li key={file.path} className="finding">
                <div className="grow wraps">
                  <Step runId={runId} seq={file.seqs[file.seqs.length - 1]}>
                    <span className="mono">{clean(file.path)}</span>
                  </Step>{" "}
                  {file.is_new && <span className="badge">New</span>}
                </div>
                <Stat added={file.added} removed={file.removed} />
              </li>
            ))}
          </ul>
        ) : (
          <p className="mut">No step changed a file.</p>
        )}
      </Section>
      <Section
        title="Commands run"
        note={
          insight.commands_total > insight.commands.length
            ? `the last ${insight.commands.length.toLocaleString()} of ${insight.commands_total.toLocaleString()}`
            : insight.commands_total.toLocaleString()
        }
      >
        {insight.commands.length ? (
          <ul className="findings">
            {insight.commands.map((each) => (
              <li key={each.seq} className="finding">
                {each.failed ? (
                  <CircleX size={14} className="red" aria-label="Failed" />
                ) : (
                  <CircleCheck size={14} className="green" aria-label="Fine" />
                )}
                <div className="grow wraps">
                  <Step runId={runId} seq={each.seq}>
                    <span className="mono">{clean(each.command)}</span>
                  </Step>
                </div>
                <span className="sm mut num">
                  {each.exit_code ? `exit ${each.exit_code} · ` : ""}
                  {time(each.duration_ms)}
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <p className="mut">No command was run.</p>
        )}
      </Section>
    </div>
  );
}

export function Insight({ runId, version = 0, active = false, compact = false }) {
  const [insight, problem] = useInsight(runId, version, active);
  if (problem && !insight)
    return (
      <p role="alert" className="note red">
        <TriangleAlert size={14} aria-hidden />
        {clean(problem)}
      </p>
    );
  if (!insight)
    return (
      <div aria-hidden className="stack">
        <i className="skel" style={{ width: "80%" }} />
        <i className="skel" style={{ width: "60%" }} />
      </div>
    );
  if (!compact) return <Whole runId={runId} insight={insight} />;
  return (
    <div className="sm">
      <p className="wraps">{clean(insight.outcome)}</p>
      <Main runId={runId} insight={insight} most={3} />
      <Link to={`/runs/${runId}?tab=insight`} className="link">
        More insight
      </Link>
    </div>
  );
}
