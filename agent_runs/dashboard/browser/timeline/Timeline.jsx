// The run as bars over time: what the model, the tools and the people took. A bar opens its step.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Virtuoso } from "react-virtuoso";
import { ChevronDown, ChevronRight, Hand } from "lucide-react";
import { PAGE, getJson } from "../log/Entries.jsx";
import { duration } from "../text/Times.jsx";
import { iconOf, iconOfGroup } from "../entry/kinds.jsx";
import {
  axisOf,
  kindName,
  phases,
  questionsOf,
  rowsOf,
  slim,
  turnSpans,
  waitSpans,
} from "./spans.jsx";

const MOST = 2000;
const exact = (ms) => duration(ms, true);

// Entries from `from` on, at most MOST; goes on by itself when there are more.
function useWindow(runId, from, total) {
  const [entries, setEntries] = useState([]);
  const [problem, setProblem] = useState("");
  const have = useRef({ key: "", entries: [] });
  useEffect(() => {
    const key = `${runId}/${from}`;
    if (have.current.key !== key) {
      have.current = { key, entries: [] };
      setEntries([]);
    }
    let gone = false;
    (async () => {
      const wanted = Math.min(total - from, MOST);
      try {
        while (!gone && have.current.entries.length < wanted) {
          const known = have.current.entries.length;
          const pages = Array.from(
            { length: Math.min(4, Math.ceil((wanted - known) / PAGE)) },
            (_, at) =>
              getJson(
                `${runId}/logs?skip=${from + known + at * PAGE}&limit=${Math.min(PAGE, wanted - known - at * PAGE)}`,
              ),
          );
          const fresh = (await Promise.all(pages)).flatMap((page) => page.logs.map(slim));
          if (gone || !fresh.length) return;
          have.current.entries = [...have.current.entries, ...fresh];
          setEntries(have.current.entries);
          setProblem("");
        }
      } catch (error) {
        if (!gone) setProblem(error.message);
      }
    })();
    return () => {
      gone = true;
    };
  }, [runId, from, total]);
  return [entries, problem];
}

function useNow(active) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}

function usePermissions(runId, version) {
  const [asked, setAsked] = useState([]);
  useEffect(() => {
    let gone = false;
    getJson(`${runId}/permissions`)
      .then(({ items }) => {
        if (!gone) setAsked(items);
      })
      .catch(() => {});
    return () => {
      gone = true;
    };
  }, [runId, version]);
  return asked;
}

function Bar({ span, axis, waits }) {
  const left = axis.x(span.start),
    width = Math.max(0, axis.x(span.end) - left);
  const title = `${kindName[span.kind] ?? "Turn"}, ${exact(span.end - span.start)}`;
  return (
    <>
      <i
        className={`k-${span.kind}`}
        style={{ left: `${left}%`, width: `${width}%` }}
        title={title}
      />
      {span.kind === "tool" || span.kind === "err"
        ? waits
            .filter((wait) => wait.start < span.end && wait.end > span.start)
            .map((wait) => {
              const from = Math.max(wait.start, span.start),
                to = Math.min(wait.end, span.end);
              return (
                <i
                  key={wait.start}
                  className="k-wait"
                  style={{ left: `${axis.x(from)}%`, width: `${axis.x(to) - axis.x(from)}%` }}
                  title={`Waiting for you, ${exact(to - from)}`}
                />
              );
            })
        : null}
    </>
  );
}

function Under({ axis, waits }) {
  return (
    <>
      {axis.ticks.map((tick) => (
        <i key={tick.at} className="u-tick" style={{ left: `${tick.at}%` }} />
      ))}
      {axis.places.map((gap) => (
        <i key={gap.at} className="u-gap" style={{ left: `${gap.at}%`, width: `${gap.width}%` }} />
      ))}
      {waits.map((wait) => (
        <i
          key={wait.start}
          className="u-wait"
          style={{
            left: `${axis.x(wait.start)}%`,
            width: `${axis.x(wait.end) - axis.x(wait.start)}%`,
          }}
        />
      ))}
    </>
  );
}

const Label = ({ at, start, children }) =>
  at > 88 && start > 12 ? (
    <em className="left" style={{ left: `${start}%` }}>
      {children}
    </em>
  ) : (
    <em style={{ left: `${at}%` }}>{children}</em>
  );

function Overview({ rows, axis, waits, onPick }) {
  const spans = rows.flatMap((row) => row.spans ?? []),
    every = Math.ceil(spans.length / 600) || 1;
  const pick = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    onPick(((event.clientX - box.left) / box.width) * 100);
  };
  return (
    <div className="overview" aria-hidden onClick={pick}>
      {spans
        .filter((_, at) => at % every === 0)
        .map((span) => (
          <i
            key={`${span.kind}${span.start}`}
            className={`k-${span.kind}`}
            style={{
              left: `${axis.x(span.start)}%`,
              width: `${axis.x(span.end) - axis.x(span.start)}%`,
            }}
          />
        ))}
      {waits.map((wait) => (
        <i
          key={wait.start}
          className="k-wait"
          style={{
            left: `${axis.x(wait.start)}%`,
            width: `${axis.x(wait.end) - axis.x(wait.start)}%`,
          }}
        />
      ))}
    </div>
  );
}

function TimeUse({ used, waits, entries, onStep }) {
  const sum = used.model + used.tools + used.waiting || 1;
  const parts = [
    ["model", "violet", "Model", used.model],
    ["tools", "blue", "Tools", used.tools],
    ["waiting", "amber", "Waiting for you", used.waiting],
  ];
  const slowest = entries.reduce(
    (most, entry) => ((entry.duration_ms ?? 0) > (most?.duration_ms ?? 0) ? entry : most),
    null,
  );
  const longest = waits.reduce(
    (most, wait) => (!most || wait.end - wait.start > most.end - most.start ? wait : most),
    null,
  );
  const asked =
    longest &&
    entries.find(
      (entry) => entry.tool_name && entry.start <= longest.start && entry.end >= longest.end - 50,
    );
  const link = (seq, ms) => (
    <a className="link" href={`?step=${seq}`} onClick={(event) => onStep(event, seq)}>
      {exact(ms)}, step {seq}
    </a>
  );
  return (
    <aside className="card side" aria-label="Where the time went">
      <section>
        <h2>Where the time went</h2>
        <div className="meter">
          {parts
            .filter((part) => part[3] > 0)
            .map(([key, hue, , ms]) => (
              <i
                key={key}
                style={{ width: `${(ms / sum) * 100}%`, background: `var(--${hue}-9)` }}
              />
            ))}
        </div>
        <dl className="kv sm">
          {parts.map(([key, hue, name, ms]) => (
            <Fact
              key={key}
              name={
                <span className="key">
                  <span className={`dot ${hue}`} />
                  {name}
                </span>
              }
              value={`${exact(ms)}, ${Math.round((ms / sum) * 100)}%`}
            />
          ))}
          {used.idle >= 1000 && (
            <Fact
              name={
                <span className="key">
                  <span className="dot" />
                  Between turns, not counted
                </span>
              }
              value={exact(used.idle)}
            />
          )}
          {slowest?.duration_ms > 0 && (
            <Fact name="Longest tool call" value={link(slowest.seq, slowest.duration_ms)} />
          )}
          {longest && (
            <Fact
              name="Longest wait"
              value={
                asked
                  ? link(asked.seq, longest.end - longest.start)
                  : exact(longest.end - longest.start)
              }
            />
          )}
        </dl>
      </section>
    </aside>
  );
}

const Fact = ({ name, value }) => (
  <>
    <dt>{name}</dt>
    <dd className="num">{value}</dd>
  </>
);

export function Timeline({ runId, total = 0, turns = [], active = false, version = 0 }) {
  const [from, setFrom] = useState(null);
  const first = from ?? Math.max(0, Math.ceil((total - MOST) / PAGE) * PAGE);
  const [anchor, setAnchor] = useState(first);
  useEffect(() => {
    setFrom(null);
    setAnchor(Math.max(0, Math.ceil((total - MOST) / PAGE) * PAGE));
  }, [runId]);
  const start = from ?? anchor;
  const [entries, problem] = useWindow(runId, start, total);
  const now = useNow(active);
  const asked = usePermissions(runId, version);
  const [collapse, setCollapse] = useState(true);
  const [closed, setClosed] = useState(() => new Set());
  const navigate = useNavigate();
  const [height, setHeight] = useState(400);
  const list = useRef(null);

  const seen = useMemo(() => {
    const numbers = new Set(entries.map((entry) => entry.turn));
    return turns.filter((turn) => numbers.has(turn.turn));
  }, [entries, turns]);
  const spans = useMemo(() => turnSpans(seen, now), [seen, now]);
  const waits = useMemo(
    () =>
      waitSpans(asked, spans, now).filter((wait) =>
        spans.some((turn) => turn.number === wait.turn),
      ),
    [asked, spans, now],
  );
  const axis = useMemo(() => axisOf(spans, collapse), [spans, collapse]);
  const all = useMemo(
    () => [...rowsOf(entries, spans), ...(start + MOST >= total ? questionsOf(asked, now) : [])],
    [entries, spans, asked, now, start, total],
  );
  const rows = useMemo(() => {
    let hidden = false;
    return all.filter((row) => {
      if (row.turn) {
        hidden = closed.has(row.turn);
        return true;
      }
      return !hidden;
    });
  }, [all, closed]);
  const used = useMemo(() => phases(entries, spans, waits), [entries, spans, waits]);

  const onStep = useCallback(
    (event, seq) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      navigate(`/runs/${runId}?step=${seq}`);
    },
    [runId, navigate],
  );
  const onPick = (percent) => {
    const index = rows.findIndex((row) => !row.turn && axis.x(row.end) >= percent);
    list.current?.scrollToIndex({
      index: index < 0 ? rows.length - 1 : index,
      align: "center",
      behavior: "smooth",
    });
  };
  const row = (index) => {
    const item = rows[index];
    if (!item) return <div style={{ height: 28 }} />;
    const left = axis.x(item.start),
      right = axis.x(item.end);
    if (item.turn) {
      const isClosed = closed.has(item.turn),
        Chevron = isClosed ? ChevronRight : ChevronDown;
      return (
        <button
          type="button"
          className="r turnrow"
          aria-expanded={!isClosed}
          onClick={() =>
            setClosed((old) => {
              const next = new Set(old);
              if (!next.delete(item.turn)) next.add(item.turn);
              return next;
            })
          }
        >
          <span className="n">
            <Chevron size={14} aria-hidden />
            Turn {item.turn}
          </span>
          <span className="lane">
            <Under axis={axis} waits={[]} />
            <i className="k-turn" style={{ left: `${left}%`, width: `${right - left}%` }} />
            <Label at={right} start={left}>
              {exact(item.end - item.start)}
            </Label>
          </span>
        </button>
      );
    }
    if (item.question)
      return (
        <div className="r">
          <span className="n">
            <span className="id" />
            <Hand size={14} aria-hidden />
            <span className="med">Permission</span>
            <span className="cut mono mut arg" title={item.question}>
              {item.question}
            </span>
          </span>
          <span className="lane">
            <Under axis={axis} waits={waits} />
            <i className="k-wait" style={{ left: `${left}%`, width: `${right - left}%` }} />
            <Label at={right} start={left}>
              {exact(item.end - item.start)}
            </Label>
          </span>
        </div>
      );
    const Icon = item.group ? iconOfGroup(item.group) : iconOf(item.entry);
    return (
      <a
        className="r"
        href={`/runs/${runId}?step=${item.seq}`}
        data-bar={item.seq}
        onClick={(event) => onStep(event, item.seq)}
        aria-label={`Step ${item.seq}, ${item.name}${item.entry.failed ? ", failed" : ""}, ${exact(item.ms)}`}
      >
        <span className="n">
          <span className="id">{item.seq}</span>
          <Icon size={14} aria-hidden />
          <span className={item.isTool ? "mono med" : "med"}>{item.name}</span>
          <span className="cut mono mut arg" title={item.target}>
            {item.target}
          </span>
        </span>
        <span className="lane">
          <Under axis={axis} waits={waits} />
          {item.spans.map((span) => (
            <Bar key={`${span.kind}${span.start}`} span={span} axis={axis} waits={waits} />
          ))}
          {!item.spans.length && <i className="k-turn" style={{ left: `${left}%` }} />}
          {item.ms > 0 && (
            <Label at={right} start={left}>
              {exact(item.ms)}
            </Label>
          )}
        </span>
      </a>
    );
  };

  const wanted = Math.min(total - start, MOST),
    isPart = start > 0 || start + wanted < total;
  const steps = `${all.filter((item) => !item.turn).length.toLocaleString()} rows`;
  if (!entries.length)
    return problem ? (
      <p role="alert" className="note red">
        {problem}
      </p>
    ) : total === 0 ? (
      <p className="mut" style={{ padding: 24 }}>
        Nothing has happened yet.
      </p>
    ) : (
      <div className="stack" aria-hidden>
        {[30, 60, 45, 80].map((width) => (
          <i key={width} className="skel" style={{ width: `${width}%`, height: 16 }} />
        ))}
      </div>
    );
  return (
    <div className="runcols timeline">
      <div className="logcol">
        <Overview rows={all} axis={axis} waits={waits} onPick={onPick} />
        <div className="flexrow wrap legend sm">
          <span className="key">
            <span className="dot violet" />
            Model
          </span>
          <span className="key">
            <span className="dot blue" />
            Tool
          </span>
          <span className="key">
            <span className="dot red" />
            Failed tool
          </span>
          <span className="key">
            <span className="dot k-wait" />
            Waiting for you
          </span>
          {(axis.places.length > 0 || !collapse) && (
            <span className="flexrow end">
              <button
                type="button"
                className={`switch ${collapse ? "on" : ""}`}
                role="switch"
                aria-checked={collapse}
                aria-label="Collapse idle gaps"
                onClick={() => setCollapse(!collapse)}
              />
              Collapse idle gaps{" "}
              <span className="mut desk">
                {collapse ? `${axis.places.length} hidden, ${exact(axis.hidden)}` : ""}
              </span>
            </span>
          )}
        </div>
        {isPart && (
          <div className="flexrow sm mut part">
            <span>{`Steps ${start.toLocaleString()} to ${(start + wanted - 1).toLocaleString()} of ${total.toLocaleString()} are shown.`}</span>
            <button
              type="button"
              className="btn s1"
              disabled={start === 0}
              onClick={() => setFrom(Math.max(0, start - MOST))}
            >
              Earlier
            </button>
            <button
              type="button"
              className="btn s1"
              disabled={start + wanted >= total}
              onClick={() => setFrom(Math.min(start + MOST, Math.floor((total - 1) / PAGE) * PAGE))}
            >
              Later
            </button>
          </div>
        )}
        {problem && (
          <p role="alert" className="note red">
            {problem}
          </p>
        )}
        <div
          className="card wf"
          role="region"
          aria-label="Timeline"
          style={{ height: height + 31 }}
        >
          <div className="r axisrow">
            <span className="n mut">
              <span className="cut">
                {steps}
                <span className="desk">
                  {" "}
                  for {entries.length.toLocaleString()} steps
                  {entries.length < wanted ? ", reading…" : ""}
                </span>
              </span>
            </span>
            <span className="lane">
              {axis.ticks
                .filter((tick, at, all) => at === 0 || tick.at - Math.max(all[at - 1].at, 8) > 12)
                .map((tick) => (
                  <em
                    key={tick.at}
                    className={tick.at < 8 ? "first" : ""}
                    style={{ left: `${tick.at}%` }}
                  >
                    {tick.label}
                  </em>
                ))}
            </span>
          </div>
          <Virtuoso
            ref={list}
            totalListHeightChanged={setHeight}
            totalCount={rows.length}
            itemContent={row}
            increaseViewportBy={300}
            computeItemKey={(index) => rows[index]?.key ?? index}
            style={{ flex: 1, minHeight: 0 }}
          />
        </div>
      </div>
      <TimeUse used={used} waits={waits} entries={entries} onStep={onStep} />
    </div>
  );
}
