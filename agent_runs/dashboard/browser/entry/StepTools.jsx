// Buttons that copy the link of a step, or the whole step.
import { Braces, Link2 } from "lucide-react";
import { CopyButton } from "../text/CopyButton.jsx";

/** @import { Entry } from "../shapes.d.ts" */

/**
 * @param {{ entry: Entry, onLink: (event: React.MouseEvent, seq: number) => void }} props
 */
export function StepTools({ entry, onLink }) {
  return (
    <span className="steptools">
      <button
        type="button"
        className="btn ghost s1 ic"
        aria-label={`Copy link to step ${entry.seq}`}
        title="Copy link"
        onClick={(event) => onLink(event, entry.seq)}
      >
        <Link2 size={14} aria-hidden />
      </button>
      <CopyButton text={() => JSON.stringify(entry, null, 2)} label="Copy as JSON" icon={Braces} />
    </span>
  );
}
