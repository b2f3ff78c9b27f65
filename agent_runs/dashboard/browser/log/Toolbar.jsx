// The bar above a log: filters, the button for the next error, and the search.
import { ChevronDown, CircleX, UnfoldVertical } from "lucide-react";
import { grouped } from "../text/numbers.js";
import { FindField } from "./FindField.jsx";

/** @import { Chip } from "./chips.js" */
/** @import { Find } from "./useFind.jsx" */

/**
 * @param {{
 *   chips: Chip[],
 *   shown: string,
 *   onShow: (key: string) => void,
 *   onNextError: ((back: boolean) => void) | null,
 *   everything: boolean,
 *   onToggleAll: (() => void) | null,
 *   find: Find,
 * }} props `onNextError` is null without errors, `onToggleAll` where nothing folds
 */
export function Toolbar({ chips, shown, onShow, onNextError, everything, onToggleAll, find }) {
  const foldWords = everything ? "Collapse all" : "Expand all";
  return (
    <div className="tools">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row */}
      <div className="chips" role="group" aria-label="Filter the steps">
        {chips.map((chip) => (
          <button
            key={chip.key}
            type="button"
            className="chip"
            aria-pressed={shown === chip.key}
            onClick={() => onShow(chip.key)}
          >
            {chip.name}
            <span className="num">{grouped(chip.size)}</span>
          </button>
        ))}
      </div>
      <span className="flexrow toolend">
        {onNextError && (
          <button
            type="button"
            className="btn ghost s1 nexterror"
            data-hotkey="e"
            title="Next error (E); with Shift, the previous one"
            aria-label="Next error"
            onClick={(event) => onNextError(event.shiftKey)}
          >
            <CircleX size={14} aria-hidden />
            <ChevronDown size={14} aria-hidden />
          </button>
        )}
        {onToggleAll && (
          <button
            type="button"
            className="btn ghost s1 ic desk"
            title={foldWords}
            aria-label={foldWords}
            onClick={onToggleAll}
          >
            <UnfoldVertical size={14} aria-hidden />
          </button>
        )}
        <FindField find={find} />
      </span>
    </div>
  );
}
