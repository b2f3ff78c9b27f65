// Which entries of a log are open: those that a person opened, or those that deserve a look.
import { useEffect, useRef, useState } from "react";

/** @import { Entry } from "../shapes.d.ts" */
/** @import { Group } from "../entry/groups.js" */

/**
 * @param {number} runId
 * @param {number} count entries of the log
 * @param {boolean} active whether the run is working: its last step is then open
 * @param {number} step the one in the address; -1 for none
 */
export function useOpening(runId, count, active, step) {
  const [chosen, setChosen] = useState(() => /** @type {Map<string, boolean>} */ (new Map()));
  const [everything, setEverything] = useState(false);
  const revealed = useRef(new Set(step >= 0 ? [step] : []));

  // A choice belongs to one run.
  useEffect(() => {
    setChosen(new Map());
    setEverything(false);
  }, [runId]);

  const isOpen = (/** @type {string} */ key, /** @type {() => boolean} */ byItself) =>
    chosen.get(key) ?? (everything || byItself());
  return {
    everything,
    toggle: (/** @type {string} */ key, /** @type {boolean} */ wasOpen) =>
      setChosen((old) => new Map(old).set(key, !wasOpen)),
    toggleAll: () => {
      setChosen(new Map());
      revealed.current.clear();
      setEverything(!everything);
    },
    reveal: (/** @type {number} */ seq) => {
      revealed.current.add(seq);
    },
    isEntryOpen: (/** @type {Entry} */ entry, /** @type {number} */ index) =>
      isOpen(
        keyOfEntry(entry),
        () => entry.failed || (active && index === count - 1) || revealed.current.has(entry.seq),
      ),
    isThoughtOpen: (/** @type {Entry} */ entry) => isOpen(keyOfThought(entry), () => false),
    isGroupOpen: (/** @type {Group} */ group) =>
      isOpen(
        keyOfGroup(group),
        () =>
          (active && group.last >= count - 2) ||
          [...revealed.current].some((seq) => seq >= group.first && seq <= group.last),
      ),
  };
}

/** @param {Entry} entry */
export const keyOfEntry = (entry) => `e${entry.seq}`;
/** @param {Entry} entry */
export const keyOfThought = (entry) => `t${entry.seq}`;
/** @param {Group} group */
export const keyOfGroup = (group) => `g${group.first}`;
