// The list of a log: however many entries there are, only those in view are on the page.
import { useCallback, useEffect, useRef } from "react";
import { Virtuoso } from "react-virtuoso";
import { fold } from "../entry/groups.js";
import { GroupLine, Step } from "../entry/Step.jsx";
import { Clock, Elapsed } from "../text/Times.jsx";
import { PAGE, pageOf } from "./pages.js";
import { rowIndexOf, rowsOf } from "./rows.js";
import { Draft } from "./Tail.jsx";
import { keyOfEntry, keyOfGroup, keyOfThought } from "./useOpening.jsx";

/** @import { Group } from "../entry/groups.js" */
/** @import { Entry, TurnTimes } from "../shapes.d.ts" */
/** @import { Entries } from "./useEntries.jsx" */
/** @import { Jump } from "./useJump.jsx" */
/** @typedef {ReturnType<typeof import("./useOpening.jsx").useOpening>} Opening */
/**
 * @typedef {object} ListProps
 * @property {string} scope name of what is listed; another scope means another list
 * @property {Entries} entries
 * @property {boolean} folds whether consecutive entries fold into one line
 * @property {boolean} numbered whether the index of an entry is its number: not with a filter
 * @property {number} start the index that is shown first
 * @property {Opening} opening
 * @property {Jump} jump
 * @property {string} draft
 * @property {(atEnd: boolean) => void} onAtEnd
 * @property {(entry: Entry, index: number) => React.ReactNode} renderEntry
 */

/** @param {ListProps} props */
export function EntryList(props) {
  const { scope, entries, folds, numbered, start, opening, jump, draft, onAtEnd } = props;
  const { count, pages, load } = entries;
  const groupAt = useGroups(entries);
  const rows = folds ? rowsOf(count, groupAt, opening.isGroupOpen) : null;
  jump.rowIndexOf.current = (seq) => (rows ? rowIndexOf(rows, seq) : seq);
  const row = (/** @type {number} */ place) => {
    const { index, group = null } = rows?.[place] ?? { index: place };
    if (group) {
      const open = opening.isGroupOpen(group);
      const toggle = () => opening.toggle(keyOfGroup(group), open);
      return <GroupLine group={group} open={open} onToggle={toggle} />;
    }
    const entry = pages.at(index);
    if (entry) return props.renderEntry(entry, index);
    return <Loading index={index} numbered={numbered} onShow={() => load(pageOf(index))} />;
  };
  return (
    <Virtuoso
      key={`${scope}${folds ? "" : "&all"}`}
      ref={jump.list}
      totalCount={rows ? rows.length : count}
      itemContent={row}
      initialTopMostItemIndex={{
        index: Math.max(0, jump.rowIndexOf.current(start)),
        align: start === count - 1 ? "end" : "center",
      }}
      followOutput={(isAtEnd) => (isAtEnd ? "auto" : false)}
      atBottomStateChange={onAtEnd}
      atBottomThreshold={60}
      increaseViewportBy={400}
      components={PARTS}
      context={{ draft }}
      style={{ height: "100%" }}
    />
  );
}

const PARTS = { Footer: Draft };

/**
 * The group of an entry, built again only when its page has grown. No group crosses a page.
 *
 * @param {Entries} entries
 */
function useGroups({ pages }) {
  const cache = useRef(
    /** @type {Map<number, { entries: Entry[], groups: (Group | null)[] }>} */ (new Map()),
  );
  return useCallback(
    (/** @type {number} */ index) => {
      const number = pageOf(index);
      const entries = pages.page(number);
      if (!entries) return null;
      let page = cache.current.get(number);
      if (page?.entries !== entries) {
        page = { entries, groups: fold(entries) };
        cache.current.set(number, page);
      }
      return page.groups[index % PAGE] ?? null;
    },
    [pages],
  );
}

/** @param {{ index: number, numbered: boolean, onShow: () => void }} props */
function Loading({ index, numbered, onShow }) {
  useEffect(() => {
    onShow(); // its result is not a cleanup function
  });
  return (
    <div className="step" data-loading>
      <span className="g">{numbered ? index : ""}</span>
      <span className="k" />
      <i className="skel" style={{ width: `${40 + ((index * 13) % 45)}%`, margin: "10px 0" }} />
    </div>
  );
}

/**
 * One entry, below a line for its turn if it is the first of it.
 *
 * @param {{ index: number, opening: Opening, turns: TurnTimes[] } & Omit<
 *   React.ComponentProps<typeof Step>, "open" | "thoughtOpen" | "onToggle" | "onThought">} props
 */
export function EntryRow({ index, opening, turns, ...step }) {
  const { entry, raw, runId, agent, user, flash, hit, onLink, onNextError } = step;
  const open = opening.isEntryOpen(entry, index);
  const thoughtOpen = opening.isThoughtOpen(entry);
  return (
    <>
      {entry.message_type === "USER_MESSAGE" && !raw && <TurnLine turn={entry.turn} of={turns} />}
      <Step
        {...{ entry, raw, runId, agent, user, flash, hit, open, thoughtOpen, onLink, onNextError }}
        onToggle={() => opening.toggle(keyOfEntry(entry), open)}
        onThought={() => opening.toggle(keyOfThought(entry), thoughtOpen)}
      />
    </>
  );
}

/** @param {{ turn: number, of: TurnTimes[] }} props */
function TurnLine({ turn, of }) {
  const times = of.find((other) => other.turn === turn);
  return (
    <div className="turn">
      <b>Turn {turn}</b>
      {times && (
        <span className="flexrow" style={{ gap: 4 }}>
          <Clock at={times.started || times.created} />
          <Elapsed start={times.started} end={times.finished} lead="·" />
        </span>
      )}
    </div>
  );
}
