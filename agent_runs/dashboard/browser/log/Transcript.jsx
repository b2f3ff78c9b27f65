// The log of a run. The server pushes a counter; the entries come in pages through the dashboard's
// own address, and about thirty of them are drawn.
import { CircleX } from "lucide-react";
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { setInAddress } from "../address.js";
import { clean } from "../reading.js";
import { FindText } from "../text/Marked.jsx";
import { chipsOf } from "./chips.js";
import { EntryList, EntryRow } from "./EntryList.jsx";
import { PAGE, pageOf } from "./pages.js";
import { readFirstOfTurn, readNextFailed } from "./steps.js";
import { ToTheEnd, useTail } from "./Tail.jsx";
import { Toolbar } from "./Toolbar.jsx";
import { useEntries } from "./useEntries.jsx";
import { useFind } from "./useFind.jsx";
import { useJump } from "./useJump.jsx";
import { useOpening } from "./useOpening.jsx";

/** @import { Entry, LogCounts, TurnTimes } from "../shapes.d.ts" */
/** @import { Entries } from "./useEntries.jsx" */
/** @import { Jump } from "./useJump.jsx" */
/** @import { Opening } from "./EntryList.jsx" */
/** @typedef {ReturnType<typeof useTail>} Tail */
/**
 * @typedef {object} TranscriptProps
 * @property {number} runId
 * @property {number} total entries of the run
 * @property {Partial<LogCounts>} counts
 * @property {boolean} active whether the run is working
 * @property {string} agent
 * @property {string} user
 * @property {number} step the one to begin with; -1 for none
 * @property {number} fromTurn the turn to begin with; 0 for none
 * @property {TurnTimes[]} turns
 * @property {string} error why the run failed
 * @property {string} draft what the agent is saying
 * @property {boolean} raw whether to show entries as JSON
 */

// Longer logs show every entry on a separate line, because folding needs all of them.
const MOST_TO_FOLD = 1500;

/** @param {TranscriptProps} props */
export function Transcript(props) {
  const { runId, total, counts, active, step, error, draft, raw } = props;
  const { chips, shown, setShown, filter } = useChips(runId, counts, total);
  const entries = useEntries(runId, filter, total);
  const { count, problem } = entries;
  const opening = useOpening(runId, count, active, step);
  const tail = useTail(count);
  const jump = useJump();
  const way = useWay(props, { entries, filter, opening, jump, showAll: () => setShown("all") });
  const find = useFind(runId, total, way.goTo, way.cursor);
  const onLink = useLink(raw, jump.blink);
  const hasErrors = (counts.failed ?? 0) > 0;
  const folds = !filter && !raw && count <= MOST_TO_FOLD;
  const start = !filter && step >= 0 && step < count ? step : count - 1;
  const scope = `${runId}?${filter}`;
  const isReady = useReady(scope, entries, folds, start);
  const renderEntry = (/** @type {Entry} */ entry, /** @type {number} */ index) => (
    <EntryRow
      {...props}
      entry={entry}
      index={index}
      opening={opening}
      flash={jump.flash === entry.seq}
      hit={find.hits?.seqs[find.at] === entry.seq}
      onLink={onLink}
      onNextError={(counts.failed ?? 0) > 1 ? () => way.goToError(false, entry.seq) : null}
    />
  );
  return (
    <section className="logbox" aria-label="Log">
      <Toolbar
        chips={chips}
        shown={shown}
        onShow={setShown}
        onNextError={hasErrors ? way.goToError : null}
        everything={opening.everything}
        onToggleAll={raw ? null : opening.toggleAll}
        find={find}
      />
      {error && !raw && (
        <Failure error={error} onJump={hasErrors ? () => way.goToError(false, -1) : null} />
      )}
      {problem && (
        <p role="alert" className="note red">
          {problem}
        </p>
      )}
      <FindText.Provider value={find.marked}>
        <LogView active={active} entries={entries} jump={jump} tail={tail}>
          {isReady ? (
            <EntryList
              {...{ scope, entries, folds, start, opening, jump, draft, renderEntry }}
              numbered={!filter}
              onAtEnd={tail.setAtEnd}
            />
          ) : (
            <Beginning count={count} filter={filter} active={active} />
          )}
        </LogView>
      </FindText.Provider>
    </section>
  );
}

/**
 * The filters, and the one that is chosen.
 *
 * @param {number} runId
 * @param {Partial<LogCounts>} counts
 * @param {number} total
 */
function useChips(runId, counts, total) {
  const [shown, setShown] = useState("all");
  // Another run shows all of its steps.
  useEffect(() => setShown("all"), [runId]);
  const chips = useMemo(() => chipsOf(counts, total), [counts, total]);
  const filter = chips.find((chip) => chip.key === shown)?.filter ?? "";
  return { chips, shown, setShown, filter };
}

/**
 * Navigation to steps: first to the one in the address, later by links, errors and hits.
 *
 * @param {TranscriptProps} props
 * @param {{ entries: Entries, filter: string, opening: Opening, jump: Jump,
 *   showAll: () => void }} log
 */
function useWay(props, { entries, filter, opening, jump, showAll }) {
  /** The step of the last jump. */
  const cursor = useRef(props.step);
  const goTo = async (/** @type {number} */ seq) => {
    showAll();
    cursor.current = seq;
    opening.reveal(seq);
    jump.blink(seq);
    if (!filter && !entries.pages.at(seq)) await entries.load(pageOf(seq));
    jump.to(seq);
  };
  const goToError = async (/** @type {boolean} */ back, from = cursor.current) => {
    const seq = await readNextFailed(props.runId, from, back).catch(() => undefined);
    if (seq !== undefined) goTo(seq);
  };
  useBeginning(props, goTo);
  return { cursor, goTo, goToError };
}

/**
 * Go to the step or the turn that the address names.
 *
 * @param {TranscriptProps} props
 * @param {(seq: number) => void} goTo
 */
function useBeginning({ runId, total, step, fromTurn }, goTo) {
  const hasEntries = total > 0;
  const toStep = useEffectEvent(() => {
    if (step >= 0 && step < total) goTo(step);
  });
  const toTurn = useEffectEvent((/** @type {number | undefined} */ seq) => {
    if (seq !== undefined) goTo(seq);
  });
  useEffect(() => toStep(), [step, runId, hasEntries]);
  useEffect(() => {
    if (fromTurn > 0 && hasEntries) readFirstOfTurn(runId, fromTurn).then(toTurn, () => {});
  }, [fromTurn, runId, hasEntries]);
}

/**
 * A click on the number of a step copies its link.
 *
 * @param {boolean} raw
 * @param {(seq: number) => void} blink
 */
function useLink(raw, blink) {
  return useCallback(
    (/** @type {React.MouseEvent} */ event, /** @type {number} */ seq) => {
      event.preventDefault();
      setInAddress({ step: String(seq), tab: raw ? "raw" : "" });
      navigator.clipboard?.writeText(location.href).catch(() => {});
      blink(seq);
    },
    [raw, blink],
  );
}

/**
 * The list appears once its first rows are read: entries that fold later would make it jump.
 *
 * @param {string} scope
 * @param {Entries} entries
 * @param {boolean} folds
 * @param {number} start
 */
function useReady(scope, { count, pages, load }, folds, start) {
  const ready = useRef("");
  /** @type {number[]} */
  let missing = [];
  if (count > 0 && ready.current !== scope) {
    const needed = folds ? [...Array(Math.ceil(count / PAGE)).keys()] : [pageOf(start)];
    missing = needed.filter((number) => !pages.page(number));
    if (!missing.length) ready.current = scope;
  }
  useEffect(() => {
    for (const number of missing) load(number);
  });
  return count > 0 && ready.current === scope;
}

/**
 * The visible part of the list. Somebody who scrolls in it stays where they are.
 *
 * @param {{ active: boolean, entries: Entries, jump: Jump, tail: Tail,
 *   children: React.ReactNode }} props
 */
function LogView({ active, entries: { count, pages }, jump, tail, children }) {
  return (
    <div
      ref={jump.box}
      onWheel={jump.release}
      onTouchMove={jump.release}
      onPointerDown={jump.release}
      onKeyDown={jump.release}
      role="log"
      aria-label="Run log"
      aria-live={active && tail.atEnd ? "polite" : "off"}
      aria-busy={count > 0 && !pages.at(count - 1)}
      className="logview"
      data-total={count}
    >
      {children}
      {!tail.atEnd && (active || tail.fresh > 0) && (
        <ToTheEnd
          active={active}
          fresh={tail.fresh}
          onClick={() => jump.list.current?.scrollToIndex({ index: "LAST", align: "end" })}
        />
      )}
    </div>
  );
}

/** @param {{ error: string, onJump: (() => void) | null }} props */
function Failure({ error, onJump }) {
  return (
    <div className="callout red failure">
      <CircleX size={16} aria-hidden />
      <span className="grow">{clean(error)}</span>
      {onJump && (
        <button type="button" className="btn s1" onClick={onJump}>
          Jump to first error
        </button>
      )}
    </div>
  );
}

/** @param {{ count: number, filter: string, active: boolean }} props */
function Beginning({ count, filter, active }) {
  if (count > 0) {
    return (
      <div className="stack" style={{ gap: 20, padding: 16 }} aria-hidden>
        {[60, 80, 45, 70].map((width) => (
          <i key={width} className="skel" style={{ width: `${width}%` }} />
        ))}
      </div>
    );
  }
  const why = active
    ? "The agent is starting. Its first step will appear here."
    : "This run has no steps.";
  return (
    <p className="mut" style={{ padding: 24 }}>
      {filter ? "No steps match." : why}
    </p>
  );
}
