// The field that searches in the log of a run.
import { ChevronDown, ChevronUp, Regex, Search, X } from "lucide-react";
import { useRef } from "react";
import { counted, grouped } from "../text/numbers.js";

/** @import { Find } from "./useFind.jsx" */

/** @param {{ find: Find }} props */
export function FindField({ find }) {
  const place = useRef(/** @type {HTMLInputElement | null} */ (null));
  const { text, problem } = find;
  const onKeyDown = (/** @type {React.KeyboardEvent<HTMLInputElement>} */ event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      if (text.trim() === find.words) find.step(event.shiftKey ? -1 : 1);
      else find.search();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      find.clear();
      event.currentTarget.blur();
    }
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: the layout expects a div
    <div className="field find" role="search">
      <Search size={14} aria-hidden />
      <input
        ref={place}
        value={text}
        placeholder={find.isRegex ? "Pattern" : "Search in this run"}
        aria-label="Search in this run"
        data-hotkey="/"
        spellCheck={false}
        onChange={(event) => find.setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {!text && (
        <span className="kbd desk" aria-hidden>
          /
        </span>
      )}
      <span
        className={`sm num ${problem ? "red find-problem" : "mut"}`}
        role="status"
        title={problem || undefined}
      >
        {problem || placeAmongHits(find)}
      </span>
      <button
        type="button"
        className={`btn ghost s1 ic ${find.isRegex ? "on" : ""}`}
        aria-label="Regular expression"
        title="Regular expression"
        aria-pressed={find.isRegex}
        onClick={find.switchRegex}
      >
        <Regex size={14} aria-hidden />
      </button>
      {text && (
        <FindButtons
          find={find}
          onClear={() => {
            find.clear();
            place.current?.focus();
          }}
        />
      )}
    </div>
  );
}

/** @param {Find} find */
function placeAmongHits({ hits, at }) {
  if (!hits) return "";
  if (hits.total === 0) return "No match";
  if (at < 0) return counted(hits.total, "hit");
  const shown = hits.seqs.length;
  const rest = shown < hits.total ? `, first ${grouped(shown)} shown` : "";
  return `${grouped(at + 1)} of ${grouped(hits.total)}${rest}`;
}

/** @param {{ find: Find, onClear: () => void }} props */
function FindButtons({ find, onClear }) {
  const none = !find.hits?.seqs.length;
  return (
    <span className="flexrow" style={{ gap: 0 }}>
      <button
        type="button"
        className="btn ghost s1 ic"
        aria-label="Previous hit"
        disabled={none}
        onClick={() => find.step(-1)}
      >
        <ChevronUp size={14} aria-hidden />
      </button>
      <button
        type="button"
        className="btn ghost s1 ic"
        aria-label="Next hit"
        disabled={none}
        onClick={() => find.step(1)}
      >
        <ChevronDown size={14} aria-hidden />
      </button>
      <button
        type="button"
        className="btn ghost s1 ic"
        aria-label="Clear the search"
        onClick={onClear}
      >
        <X size={14} aria-hidden />
      </button>
    </span>
  );
}
