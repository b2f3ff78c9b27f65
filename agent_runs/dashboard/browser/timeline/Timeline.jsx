// The run as bars over time: what the model, the tools and people took. A bar links to its step.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Virtuoso } from "react-virtuoso";
import { PAGE } from "../log/pages.js";
import { grouped } from "../text/numbers.js";
import { took } from "../text/times.js";
import { Overview } from "./bars.jsx";
import { Question, Step, Turn } from "./Row.jsx";
import { openRows } from "./rows.js";
import { TimeUse } from "./TimeUse.jsx";
import { MOST, useTimeline } from "./useTimeline.jsx";

/** @import { VirtuosoHandle } from "react-virtuoso" */
/** @import { TurnTimes } from "../shapes.d.ts" */
/** @import { Axis } from "./axis.js" */
/**
 * @typedef {object} TimelineProps
 * @property {number} runId
 * @property {number} total entries of the run
 * @property {TurnTimes[]} turns
 * @property {boolean} active
 * @property {number} version questions are read again when it changes
 */

/** @param {TimelineProps} props */
export function Timeline(props) {
  const { runId, total } = props;
  const [collapse, setCollapse] = useState(true);
  const { start, setStart } = useStart(runId, total);
  const content = useTimeline(props, start, collapse);
  const { entries, problem, waits, rows, axis, used } = content;
  const [closed, setClosed] = useState(() => /** @type {Set<number>} */ (new Set()));
  const shown = useMemo(() => openRows(rows, closed), [rows, closed]);
  const list = useRef(/** @type {VirtuosoHandle | null} */ (null));
  const [height, setHeight] = useState(400);
  const onStep = useStepLink(runId);

  const onPick = (/** @type {number} */ percent) => {
    const index = shown.findIndex((row) => row.type !== "turn" && axis.x(row.end) >= percent);
    list.current?.scrollToIndex({
      index: index < 0 ? shown.length - 1 : index,
      align: "center",
      behavior: "smooth",
    });
  };
  const renderRow = (/** @type {number} */ index) => {
    const row = shown[index];
    if (!row) return <div style={{ height: 28 }} />;
    if (row.type === "question") return <Question row={row} axis={axis} waits={waits} />;
    if (row.type === "step") {
      return <Step row={row} axis={axis} waits={waits} runId={runId} onStep={onStep} />;
    }
    const toggle = () =>
      setClosed((old) => {
        const now = new Set(old);
        if (!now.delete(row.turn)) now.add(row.turn);
        return now;
      });
    return <Turn row={row} axis={axis} isClosed={closed.has(row.turn)} onToggle={toggle} />;
  };

  const size = Math.min(total - start, MOST);
  if (!entries.length) return <Beginning problem={problem} isEmpty={total === 0} />;
  return (
    <div className="runcols timeline">
      <div className="logcol">
        <Overview
          bars={rows.flatMap((row) => row.bars)}
          axis={axis}
          waits={waits}
          onPick={onPick}
        />
        <Legend axis={axis} collapse={collapse} onCollapse={setCollapse} />
        {size < total && <Part start={start} count={size} total={total} onStart={setStart} />}
        {problem && (
          <p role="alert" className="note red">
            {problem}
          </p>
        )}
        <section className="card wf" aria-label="Timeline" style={{ height: height + 31 }}>
          <AxisRow
            axis={axis}
            rows={rows.filter((row) => row.type !== "turn").length}
            entries={entries.length}
            isReading={entries.length < size}
          />
          <Virtuoso
            ref={list}
            totalListHeightChanged={setHeight}
            totalCount={shown.length}
            itemContent={renderRow}
            increaseViewportBy={300}
            computeItemKey={(index) => shown[index]?.key ?? index}
            style={{ flex: 1, minHeight: 0 }}
          />
        </section>
      </div>
      <TimeUse used={used} waits={waits} entries={entries} onStep={onStep} />
    </div>
  );
}

/**
 * The first entry that is shown. A long run first shows its last entries.
 *
 * @param {number} runId
 * @param {number} total
 */
function useStart(runId, total) {
  const newest = Math.max(0, Math.ceil((total - MOST) / PAGE) * PAGE);
  const [start, setStart] = useState(newest);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it stays while the run grows
  useEffect(() => setStart(newest), [runId]);
  return { start, setStart };
}

/**
 * A click goes to the step without loading the page again.
 *
 * @param {number} runId
 */
function useStepLink(runId) {
  const navigate = useNavigate();
  return useCallback(
    (/** @type {React.MouseEvent} */ event, /** @type {number} */ seq) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      navigate(`/runs/${runId}?step=${seq}`);
    },
    [runId, navigate],
  );
}

/** @param {{ problem: string, isEmpty: boolean }} props */
function Beginning({ problem, isEmpty }) {
  if (problem) {
    return (
      <p role="alert" className="note red">
        {problem}
      </p>
    );
  }
  if (isEmpty) {
    return (
      <p className="mut" style={{ padding: 24 }}>
        Nothing has happened yet.
      </p>
    );
  }
  return (
    <div className="stack" aria-hidden>
      {[30, 60, 45, 80].map((width) => (
        <i key={width} className="skel" style={{ width: `${width}%`, height: 16 }} />
      ))}
    </div>
  );
}

const KEYS = [
  ["violet", "Model"],
  ["blue", "Tool"],
  ["red", "Failed tool"],
  ["k-wait", "Waiting for you"],
];

/** @param {{ axis: Axis, collapse: boolean, onCollapse: (now: boolean) => void }} props */
function Legend({ axis, collapse, onCollapse }) {
  return (
    <div className="flexrow wrap legend sm">
      {KEYS.map(([dot, name]) => (
        <span key={name} className="key">
          <span className={`dot ${dot}`} />
          {name}
        </span>
      ))}
      {(axis.gaps.length > 0 || !collapse) && (
        <span className="flexrow end">
          <button
            type="button"
            className={`switch ${collapse ? "on" : ""}`}
            role="switch"
            aria-checked={collapse}
            aria-label="Collapse idle gaps"
            onClick={() => onCollapse(!collapse)}
          />
          Collapse idle gaps{" "}
          <span className="mut desk">
            {collapse ? `${axis.gaps.length} hidden, ${took(axis.hidden)}` : ""}
          </span>
        </span>
      )}
    </div>
  );
}

/**
 * @param {{ start: number, count: number, total: number, onStart: (start: number) => void }} props
 */
function Part({ start, count, total, onStart }) {
  const last = Math.floor((total - 1) / PAGE) * PAGE;
  return (
    <div className="flexrow sm mut part">
      <span>
        {`Steps ${grouped(start)} to ${grouped(start + count - 1)} of ${grouped(total)} are shown.`}
      </span>
      <button
        type="button"
        className="btn s1"
        disabled={start === 0}
        onClick={() => onStart(Math.max(0, start - MOST))}
      >
        Earlier
      </button>
      <button
        type="button"
        className="btn s1"
        disabled={start + count >= total}
        onClick={() => onStart(Math.min(start + MOST, last))}
      >
        Later
      </button>
    </div>
  );
}

/** @param {{ axis: Axis, rows: number, entries: number, isReading: boolean }} props */
function AxisRow({ axis, rows, entries, isReading }) {
  // A label at the far left is beside its tick, so the next one needs more room.
  const labels = axis.ticks.filter(
    (tick, at, all) => at === 0 || tick.at - Math.max(all[at - 1].at, 8) > 12,
  );
  return (
    <div className="r axisrow">
      <span className="n mut">
        <span className="cut">
          {grouped(rows)} rows
          <span className="desk">
            {" "}
            for {grouped(entries)} steps{isReading ? ", loading…" : ""}
          </span>
        </span>
      </span>
      <span className="lane">
        {labels.map((tick) => (
          <em key={tick.at} className={tick.at < 8 ? "first" : ""} style={{ left: `${tick.at}%` }}>
            {tick.label}
          </em>
        ))}
      </span>
    </div>
  );
}
