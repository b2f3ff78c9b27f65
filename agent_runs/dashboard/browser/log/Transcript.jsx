// The log of a run: of 50 000 entries some thirty are on the page. The server pushes a counter, the
// entries come in pages through the dashboard's own address.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Virtuoso } from "react-virtuoso";
import { ArrowDown, ChevronDown, CircleX, LoaderCircle, Pause, UnfoldVertical } from "lucide-react";
import { PAGE, failedSeq, firstSeqOfTurn, useEntries } from "./Entries.jsx";
import { FindField, FindText, setInAddress, useFind } from "./Find.jsx";
import { GroupLine, Step } from "../entry/Step.jsx";
import { fold, isFailed } from "../entry/kinds.jsx";
import { Clock, Elapsed } from "../text/Times.jsx";
import { clean } from "../text/Payload.jsx";

// Longer runs show every entry on a line of its own: folding needs all of them at hand.
const FOLD_MOST = 1500,
  SETTLE_MS = 1500;
const CHIPS = [
  ["all", "All", ""],
  ["errors", "Errors", "failed=true"],
  ["messages", "Messages", "message_type=USER_MESSAGE&message_type=FINAL_ANSWER"],
  ["plans", "Plans", "message_type=PLAN_EVALUATION"],
];

function chipsOf(counts, total) {
  const types = counts.message_type ?? {},
    tools = Object.entries(counts.tool_name ?? {}).sort((a, b) => b[1] - a[1]);
  const sizes = {
    all: total,
    errors: counts.failed ?? 0,
    messages: (types.USER_MESSAGE ?? 0) + (types.FINAL_ANSWER ?? 0),
    plans: types.PLAN_EVALUATION ?? 0,
  };
  return [
    ...CHIPS.map(([key, name, filter]) => ({ key, name, filter, size: sizes[key] })).filter(
      (chip) => chip.key === "all" || chip.size > 0,
    ),
    ...tools.slice(0, 12).map(([tool, size]) => ({
      key: `tool:${tool}`,
      name: clean(tool),
      filter: new URLSearchParams({ tool_name: tool }).toString(),
      size,
    })),
  ];
}

// Groups of folded entries, made anew only when a page has grown. A group never crosses a page.
function useGroups(page) {
  const made = useRef(new Map());
  return useCallback(
    (index) => {
      const number = Math.floor(index / PAGE),
        entries = page(number);
      if (!entries) return null;
      let known = made.current.get(number);
      if (known?.entries !== entries)
        made.current.set(number, (known = { entries, groups: fold(entries) }));
      return known.groups[index % PAGE] ?? null;
    },
    [page],
  );
}

// What the list shows: a line per group, its entries only when it is open, and all other entries.
function rowsOf(count, at, groupOf, isOpen) {
  const rows = [];
  for (let index = 0; index < count; index += 1) {
    const group = at(index) ? groupOf(index) : null;
    if (group?.first === index) rows.push({ index, line: group });
    if (!group || isOpen(group)) rows.push({ index });
  }
  return rows;
}

function TurnLine({ number, turns }) {
  const turn = turns.find((each) => each.turn === number);
  return (
    <div className="turn">
      <b>Turn {number}</b>
      {turn && (
        <span className="flexrow" style={{ gap: 4 }}>
          <Clock at={turn.started || turn.created} />
          <Elapsed start={turn.started} end={turn.finished} lead="·" />
        </span>
      )}
    </div>
  );
}

function Failure({ error, hasErrors, onJump }) {
  return (
    <div className="callout red failure">
      <CircleX size={16} aria-hidden />
      <span className="grow">{clean(error)}</span>
      {hasErrors && (
        <button type="button" className="btn s1" onClick={onJump}>
          Jump to first error
        </button>
      )}
    </div>
  );
}

export function Transcript({
  runId,
  total = 0,
  counts = {},
  active = false,
  agent = "Agent",
  user = "You",
  step = -1,
  fromTurn = 0,
  turns = [],
  error = "",
  draft = "",
  raw = false,
}) {
  const [shown, setShown] = useState("all");
  const chips = useMemo(() => chipsOf(counts, total), [counts, total]);
  const filter = chips.find((chip) => chip.key === shown)?.filter ?? "";
  const { count, at, page, load, problem } = useEntries(runId, filter, total);
  const groupOf = useGroups(page);
  const [opened, setOpened] = useState(() => new Map());
  const [everything, setEverything] = useState(null);
  const [flash, setFlash] = useState(-1);
  const [atBottom, setAtBottom] = useState(true);
  const [seen, setSeen] = useState(0);
  const list = useRef(null),
    cursor = useRef(step),
    revealed = useRef(new Set(step >= 0 ? [step] : [])),
    box = useRef(null),
    anchor = useRef(null),
    placeOf = useRef((seq) => seq);
  const folds = !filter && !raw && count <= FOLD_MOST;

  useEffect(() => {
    setOpened(new Map());
    setShown("all");
    setEverything(null);
  }, [runId]);
  useEffect(() => {
    if (atBottom) setSeen(count);
  }, [atBottom, count]);

  // Entries fold when they have come, so the place to be is gone to again until nothing moves.
  const settle = useCallback(() => {
    const to = anchor.current;
    if (!to || performance.now() > to.until || !list.current) return;
    // A step that is taller than the window is shown from its beginning.
    const height = box.current?.querySelector(`[data-seq="${to.seq}"]`)?.offsetHeight ?? 0;
    const index = Math.max(0, placeOf.current(to.seq));
    list.current.scrollToIndex(
      height > box.current?.clientHeight * 0.7
        ? { index, align: "start", offset: -8 }
        : { index, align: "center" },
    );
  }, []);
  const release = useCallback(() => {
    anchor.current = null;
  }, []);

  const goTo = useCallback(
    async (seq) => {
      setShown("all");
      cursor.current = seq;
      revealed.current.add(seq);
      setFlash(seq);
      if (!filter && !at(seq)) await load(Math.floor(seq / PAGE));
      anchor.current = { seq, until: performance.now() + SETTLE_MS };
      requestAnimationFrame(() => {
        settle();
        requestAnimationFrame(settle);
      });
      for (const wait of [120, 350, 700]) setTimeout(settle, wait);
      setTimeout(() => setFlash((now) => (now === seq ? -1 : now)), 2500);
    },
    [load, at, filter, settle],
  );
  useEffect(() => {
    if (step >= 0 && step < total) goTo(step);
  }, [step, runId, total > 0]);
  useEffect(() => {
    if (fromTurn > 0 && total > 0)
      firstSeqOfTurn(runId, fromTurn)
        .then((seq) => {
          if (seq >= 0) goTo(seq);
        })
        .catch(() => {});
  }, [fromTurn, runId, total > 0]);
  const find = useFind(runId, total, goTo, cursor);

  const jump = useCallback(
    async (back, from = cursor.current) => {
      const seq = await failedSeq(runId, from, back).catch(() => null);
      if (seq != null) goTo(seq);
    },
    [runId, goTo],
  );
  const onLink = useCallback(
    (event, seq) => {
      event.preventDefault();
      setInAddress({ step: String(seq), tab: raw ? "raw" : "" });
      navigator.clipboard?.writeText(location.href).catch(() => {});
      setFlash(seq);
      setTimeout(() => setFlash(-1), 1500);
    },
    [raw],
  );
  const toggle = (key, now) => setOpened((old) => new Map(old).set(key, !now));

  const isOpen = (entry, index) => {
    const chosen = opened.get(entry.seq);
    if (chosen !== undefined) return chosen;
    if (everything !== null) return everything;
    return isFailed(entry) || (active && index === count - 1) || revealed.current.has(entry.seq);
  };
  const isGroupOpen = (group) => {
    const chosen = opened.get(`g${group.first}`);
    if (chosen !== undefined) return chosen;
    if (everything !== null) return everything;
    if (active && group.last >= count - 2) return true;
    for (const seq of revealed.current) {
      if (seq >= group.first && seq <= group.last) return true;
    }
    return false;
  };
  const rows = folds ? rowsOf(count, at, groupOf, isGroupOpen) : null;
  placeOf.current = (seq) => (rows ? rows.findLastIndex((one) => one.index <= seq) : seq);
  const row = (place) => {
    const { index, line } = rows ? (rows[place] ?? { index: place }) : { index: place };
    if (line) {
      const open = isGroupOpen(line);
      return <GroupLine group={line} open={open} onToggle={() => toggle(`g${line.first}`, open)} />;
    }
    const entry = at(index);
    if (!entry) {
      load(Math.floor(index / PAGE));
      return (
        <div className="step" data-loading>
          <span className="g">{filter ? "" : index}</span>
          <span className="k" />
          <i className="skel" style={{ width: `${40 + ((index * 13) % 45)}%`, margin: "10px 0" }} />
        </div>
      );
    }
    const open = isOpen(entry, index),
      thoughtKey = `t${entry.seq}`,
      thoughtOpen = opened.get(thoughtKey) ?? everything ?? false;
    return (
      <>
        {entry.message_type === "USER_MESSAGE" && !raw && (
          <TurnLine number={entry.turn} turns={turns} />
        )}
        <Step
          entry={entry}
          runId={runId}
          raw={raw}
          href={`?step=${entry.seq}`}
          open={open}
          thoughtOpen={thoughtOpen}
          flash={flash === entry.seq}
          hit={find.hits?.seqs[find.at] === entry.seq}
          agent={agent}
          user={user}
          onToggle={() => toggle(entry.seq, open)}
          onThought={() => toggle(thoughtKey, thoughtOpen)}
          onLink={onLink}
          onNextError={(counts.failed ?? 0) > 1 ? () => jump(false, entry.seq) : null}
        />
      </>
    );
  };
  const fresh = count - seen;
  const Footer = useCallback(
    () =>
      draft ? (
        <div className="step" aria-hidden>
          <span className="g" />
          <span className="k">
            <LoaderCircle size={16} className="spin" />
          </span>
          <p className="plain mut" dir="auto">
            {clean(draft)}
          </p>
        </div>
      ) : (
        <div style={{ height: 12 }} />
      ),
    [draft],
  );
  const start = !filter && step >= 0 && step < count ? step : count - 1;
  // The list begins when it knows its first rows: entries that fold under the eye would make it jump.
  const ready = useRef(""),
    scope = `${runId}?${filter}`;
  if (count > 0 && ready.current !== scope) {
    const pages = folds
      ? Array.from({ length: Math.ceil(count / PAGE) }, (_, number) => number)
      : [Math.floor(start / PAGE)];
    const missing = pages.filter((number) => !page(number));
    if (missing.length) missing.forEach((number) => load(number));
    else ready.current = scope;
  }
  const size = rows ? rows.length : count,
    key = `${scope}${folds ? "" : "&all"}`;

  return (
    <section className="logbox" aria-label="Log">
      <div className="tools">
        <div className="chips" role="group" aria-label="Filter the steps">
          {chips.map((chip) => (
            <button
              key={chip.key}
              type="button"
              className="chip"
              aria-pressed={shown === chip.key}
              onClick={() => setShown(chip.key)}
            >
              {chip.name}
              <span className="num">{chip.size.toLocaleString()}</span>
            </button>
          ))}
        </div>
        <span className="flexrow toolend">
          {(counts.failed ?? 0) > 0 && (
            <button
              type="button"
              className="btn ghost s1 nexterror"
              data-hotkey="e"
              title="Next error (E); with Shift the one before"
              aria-label="Next error"
              onClick={(event) => jump(event.shiftKey)}
            >
              <CircleX size={14} aria-hidden />
              <ChevronDown size={14} aria-hidden />
            </button>
          )}
          {!raw && (
            <button
              type="button"
              className="btn ghost s1 ic desk"
              title={everything ? "Fold all" : "Open all"}
              aria-label={everything ? "Fold all" : "Open all"}
              onClick={() => {
                setOpened(new Map());
                revealed.current.clear();
                setEverything(everything ? null : true);
              }}
            >
              <UnfoldVertical size={14} aria-hidden />
            </button>
          )}
          <FindField find={find} />
        </span>
      </div>
      {error && !raw && (
        <Failure
          error={error}
          hasErrors={(counts.failed ?? 0) > 0}
          onJump={() => jump(false, -1)}
        />
      )}
      {problem && (
        <p role="alert" className="note red">
          {problem}
        </p>
      )}
      <FindText.Provider value={find.marked}>
        <div
          ref={box}
          onWheel={release}
          onTouchMove={release}
          onPointerDown={release}
          onKeyDown={release}
          role="log"
          aria-label="Run log"
          aria-live={active && atBottom ? "polite" : "off"}
          aria-busy={count > 0 && !at(count - 1)}
          className="logview"
          data-total={count}
        >
          {ready.current === scope && count > 0 ? (
            <Virtuoso
              key={key}
              ref={list}
              totalCount={size}
              itemContent={row}
              initialTopMostItemIndex={{
                index: Math.max(0, placeOf.current(start)),
                align: start === count - 1 ? "end" : "center",
              }}
              followOutput={(bottom) => (bottom ? "auto" : false)}
              atBottomStateChange={setAtBottom}
              atBottomThreshold={60}
              increaseViewportBy={400}
              components={{ Footer }}
              style={{ height: "100%" }}
            />
          ) : count > 0 ? (
            <div className="stack" style={{ gap: 20, padding: 16 }} aria-hidden>
              {[60, 80, 45, 70].map((width) => (
                <i key={width} className="skel" style={{ width: `${width}%` }} />
              ))}
            </div>
          ) : (
            <p className="mut" style={{ padding: 24 }}>
              {filter
                ? "No step matches."
                : active
                  ? "The agent starts. Its first step appears here."
                  : "This run has no steps."}
            </p>
          )}
          {!atBottom && (active || fresh > 0) && (
            <button
              type="button"
              className="pill new live"
              onClick={() => list.current?.scrollToIndex({ index: size - 1, align: "end" })}
            >
              {active ? (
                <>
                  <Pause size={14} aria-hidden />
                  Live paused{fresh > 0 ? `, ${fresh.toLocaleString()} new` : ""}
                </>
              ) : (
                "To the end"
              )}
              <ArrowDown size={14} aria-hidden />
            </button>
          )}
        </div>
      </FindText.Provider>
    </section>
  );
}
