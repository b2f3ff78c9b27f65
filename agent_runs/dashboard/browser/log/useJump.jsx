// Goes to a step of a log and stays there until nothing moves.
import { useCallback, useRef, useState } from "react";

/** @import { VirtuosoHandle } from "react-virtuoso" */

const SETTLE_MS = 1500;
const SETTLE_AGAIN_MS = [120, 350, 700];
const FLASH_MS = 2500;

/** @typedef {ReturnType<typeof useJump>} Jump */

export function useJump() {
  const list = useRef(/** @type {VirtuosoHandle | null} */ (null));
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const anchor = useRef(/** @type {{ seq: number, until: number } | null} */ (null));
  /** The place of a step in the list, which sets this function. */
  const rowIndexOf = useRef((/** @type {number} */ seq) => seq);
  const [flash, setFlash] = useState(-1);

  // Entries fold once they have arrived, so we go to the place again until nothing moves.
  const settle = useCallback(() => {
    const to = anchor.current;
    if (!to || performance.now() > to.until) return;
    const step = /** @type {HTMLElement | null | undefined} */ (
      box.current?.querySelector(`[data-seq="${to.seq}"]`)
    );
    const index = Math.max(0, rowIndexOf.current(to.seq));
    // A step taller than the window is shown from its beginning.
    const isOutsized = (step?.offsetHeight ?? 0) > (box.current?.clientHeight ?? 0) * 0.7;
    list.current?.scrollToIndex(
      isOutsized ? { index, align: "start", offset: -8 } : { index, align: "center" },
    );
  }, []);

  return {
    list,
    box,
    rowIndexOf,
    flash,
    /** Highlight a step for a moment. */
    blink: useCallback((/** @type {number} */ seq) => {
      setFlash(seq);
      setTimeout(() => setFlash((now) => (now === seq ? -1 : now)), FLASH_MS);
    }, []),
    to: useCallback(
      (/** @type {number} */ seq) => {
        anchor.current = { seq, until: performance.now() + SETTLE_MS };
        requestAnimationFrame(() => {
          settle();
          requestAnimationFrame(settle);
        });
        for (const wait of SETTLE_AGAIN_MS) setTimeout(settle, wait);
      },
      [settle],
    ),
    /** Stop going to the step, because a person has scrolled. */
    release: useCallback(() => {
      anchor.current = null;
    }, []),
  };
}
