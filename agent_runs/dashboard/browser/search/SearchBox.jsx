// The field of the search page: a combobox that completes fields and their values.
import { Search, X } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { stepOf } from "../arrows.js";
import { completed, completionsOf } from "./completion.js";

/** @import { SearchField } from "../shapes.d.ts" */
/** @import { Completion } from "./completion.js" */
/**
 * @typedef {object} SearchBoxProps
 * @property {string} text
 * @property {SearchField[]} fields
 * @property {boolean} isBad
 * @property {string} errorId the element that says what is wrong
 * @property {(text: string) => void} onChange
 * @property {() => void} onSearch
 * @property {(isCompleting: boolean) => void} onComplete
 */

/** @param {SearchBoxProps} props */
export function SearchBox(props) {
  const { text, isBad, errorId } = props;
  const place = useRef(/** @type {HTMLInputElement | null} */ (null));
  const id = useId();
  const box = useCompletion(props, place);
  const { items, at } = box;
  return (
    <div className="search-box">
      {/* biome-ignore lint/a11y/useSemanticElements: the layout expects a div */}
      <div className={`field ${isBad ? "bad" : ""}`} role="search">
        <Search size={16} aria-hidden />
        <input
          ref={place}
          type="text"
          value={text}
          role="combobox"
          aria-label="Search in all runs"
          aria-autocomplete="list"
          aria-expanded={items.length > 0}
          aria-controls={id}
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          aria-invalid={isBad}
          aria-describedby={isBad ? errorId : undefined}
          data-hotkey="/"
          placeholder='tool:bash failed:yes "exact words" -not'
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="none"
          maxLength={1000}
          onChange={box.onType}
          onClick={(event) => box.setCursor(event.currentTarget.selectionStart ?? -1)}
          onBlur={box.close}
          onKeyDown={box.onKeyDown}
        />
        {text ? (
          <button
            type="button"
            className="btn ghost s1 ic"
            aria-label="Clear the query"
            onClick={box.clear}
          >
            <X size={14} aria-hidden />
          </button>
        ) : (
          <span className="kbd desk" aria-hidden>
            /
          </span>
        )}
      </div>
      <Completions id={id} items={items} at={at} onTake={box.take} onPoint={box.setChosen} />
    </div>
  );
}

/**
 * The completions at the cursor, and the keys that choose one of them.
 *
 * @param {SearchBoxProps} props
 * @param {React.RefObject<HTMLInputElement | null>} place
 */
function useCompletion({ text, fields, onChange, onSearch, onComplete }, place) {
  const [cursor, setCursor] = useState(-1);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const isCompleting = open && cursor >= 0;
  const { start, items } = isCompleting ? completionsOf(text, cursor, fields) : NOTHING;
  const at = Math.min(chosen, items.length - 1);
  const hasItems = items.length > 0;
  // A new text moves the cursor to its end.
  useEffect(() => {
    if (cursor >= 0 && document.activeElement === place.current) {
      place.current?.setSelectionRange(cursor, cursor);
    }
  }, [cursor, text, place]);
  useEffect(() => onComplete(hasItems), [hasItems, onComplete]);

  const take = (/** @type {Completion} */ item) => {
    const next = completed(text, start, cursor, item);
    onChange(next.query);
    setCursor(next.cursor);
    setChosen(-1);
    setOpen(!item.ends);
    place.current?.focus();
  };
  const onKeyDown = (/** @type {React.KeyboardEvent} */ event) => {
    if (event.nativeEvent.isComposing) return;
    const step = stepOf(event.key);
    if (step && hasItems) {
      // Up from the field leads to the last one.
      const from = at < 0 && step < 0 ? 0 : at;
      setChosen((from + step + items.length) % items.length);
    } else if (event.key === "Tab" && hasItems && !event.shiftKey) take(items[Math.max(at, 0)]);
    else if (event.key === "Enter" && at >= 0) take(items[at]);
    else if (event.key === "Enter") {
      setOpen(false);
      onSearch();
    } else if (event.key === "Escape" && hasItems) {
      event.stopPropagation();
      setOpen(false);
      setChosen(-1);
    } else return;
    event.preventDefault();
  };
  const onType = (/** @type {React.ChangeEvent<HTMLInputElement>} */ event) => {
    onChange(event.target.value);
    setCursor(event.target.selectionStart ?? -1);
    setOpen(true);
    setChosen(-1);
  };
  const close = () => setOpen(false);
  const clear = () => {
    onChange("");
    close();
    place.current?.focus();
  };
  return { items, at, take, clear, close, setChosen, setCursor, onType, onKeyDown };
}

/** @type {ReturnType<typeof completionsOf>} */
const NOTHING = { start: 0, items: [] };

/**
 * @param {{ id: string, items: Completion[], at: number, onTake: (item: Completion) => void,
 *   onPoint: (at: number) => void }} props
 */
function Completions({ id, items, at, onTake, onPoint }) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label="Completions"
      className="card completions"
      hidden={!items.length}
    >
      {items.map((item, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field
        <div
          key={item.text}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === at}
          className="palette-item"
          onPointerDown={(event) => {
            event.preventDefault();
            onTake(item);
          }}
          onPointerMove={() => onPoint(index)}
        >
          <span className="mono cut">{item.label}</span>
          <span className="sm mut cut grow">{item.about}</span>
        </div>
      ))}
    </div>
  );
}
