// The status of a run: a dot and a word.
import { dotOf } from "./status.js";

/** What the API says of a status, as the page shows it. */
/** @typedef {{ status: string, status_word: string, status_tone: string }} HasStatus */

/** @param {{ run: HasStatus, coloured?: boolean }} props `coloured` colours the word as well */
export function Status({ run, coloured = false }) {
  const tone = run.status_tone === "neutral" ? "" : run.status_tone;
  return (
    <span className={coloured && tone ? `st ${tone}` : "st"}>
      <span className={`dot ${dotOf(run.status, run.status_tone)}`} aria-hidden />
      {run.status_word}
    </span>
  );
}
