// The field of the search page: a combobox that completes fields and their values.
import { useEffect, useId, useRef, useState } from "react";
import { Search, X } from "lucide-react";

const SHOWN = 8;

// What stands at the cursor, and what could stand there.
function completions(text, at, fields) {
  const start = text.slice(0, at).search(/[^\s]*$/);
  const word = text.slice(start, at);
  if (word.includes('"')) return { start, items: [] };
  const minus = word.startsWith("-") ? "-" : "";
  const [, name, given] = /^-?([a-z]+):(.*)$/i.exec(word) ?? [];
  const field = name && fields.find((each) => each.name === name.toLowerCase());
  if (field) {
    const typed = given.split(",").pop().toLowerCase(),
      before = word.slice(0, word.length - typed.length);
    const taken = new Set(given.toLowerCase().split(","));
    const items = field.values
      .filter(
        (value) =>
          value.toLowerCase().startsWith(typed) &&
          value.toLowerCase() !== typed &&
          !taken.has(value.toLowerCase()),
      )
      .map((value) => ({
        text: `${before}${/[\s,"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value}`,
        label: value,
        ends: true,
      }));
    return { start, items: items.slice(0, SHOWN), about: field.about };
  }
  const typed = word.slice(minus.length).toLowerCase();
  if (!typed) return { start, items: [] };
  return {
    start,
    items: fields
      .filter((each) => each.name.startsWith(typed))
      .map((each) => ({ text: `${minus}${each.name}:`, label: `${each.name}:`, note: each.about })),
  };
}

export function SearchBox({ text, fields, isBad, errorId, onChange, onSearch, onComplete }) {
  const place = useRef(null),
    id = useId();
  const [cursor, setCursor] = useState(-1),
    [open, setOpen] = useState(false),
    [chosen, setChosen] = useState(-1);
  const { start, items, about } =
    open && cursor >= 0 ? completions(text, cursor, fields) : { items: [] };
  const at = Math.min(chosen, items.length - 1);
  useEffect(() => {
    if (cursor >= 0 && document.activeElement === place.current)
      place.current.setSelectionRange(cursor, cursor);
  }, [cursor, text]);

  useEffect(() => onComplete(items.length > 0), [items.length > 0, onComplete]);

  const take = (item) => {
    const rest = text.slice(cursor).replace(/^[^\s]*/, ""),
      space = item.ends && !rest ? " " : "";
    const head = text.slice(0, start) + item.text + space;
    onChange(head + rest);
    setCursor(head.length);
    setChosen(-1);
    setOpen(!item.ends);
    place.current?.focus();
  };
  const onKeyDown = (event) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) {
      event.preventDefault();
      setChosen((at + step + items.length + (at < 0 && step < 0 ? 1 : 0)) % items.length);
    } else if (event.key === "Tab" && items.length && !event.shiftKey && open) {
      event.preventDefault();
      take(items[Math.max(at, 0)]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (at >= 0) take(items[at]);
      else {
        setOpen(false);
        onSearch();
      }
    } else if (event.key === "Escape" && items.length) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
      setChosen(-1);
    }
  };
  return (
    <div className="search-box">
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
          onChange={(event) => {
            onChange(event.target.value);
            setCursor(event.target.selectionStart);
            setOpen(true);
            setChosen(-1);
          }}
          onClick={(event) => setCursor(event.target.selectionStart)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {!text && (
          <span className="kbd desk" aria-hidden>
            /
          </span>
        )}
        {text && (
          <button
            type="button"
            className="btn ghost s1 ic"
            aria-label="Clear the query"
            onClick={() => {
              onChange("");
              setOpen(false);
              place.current?.focus();
            }}
          >
            <X size={14} aria-hidden />
          </button>
        )}
      </div>
      <div
        id={id}
        role="listbox"
        aria-label="Completions"
        className="card completions"
        hidden={!items.length}
      >
        {items.map((item, index) => (
          <div
            key={item.text}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className="palette-item"
            onPointerDown={(event) => {
              event.preventDefault();
              take(item);
            }}
            onPointerMove={() => setChosen(index)}
          >
            <span className="mono cut">{item.label}</span>
            <span className="sm mut cut grow">{item.note ?? about}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
