// The diff of one file, and how much it adds and removes.
import { useState } from "react";
import { diffRows } from "./diffs.js";
import { Marked } from "./Marked.jsx";
import { counted } from "./numbers.js";

const MOST_ROWS = 400;
const LOOKS = { h: ["h", ""], "+": ["p", "+"], "-": ["m", "−"], " ": ["", ""] };

/** @param {{ unified: string }} props */
export function DiffLines({ unified }) {
  const [all, setAll] = useState(false);
  const rows = diffRows(unified);
  const shown = all ? rows : rows.slice(0, MOST_ROWS);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also with the keyboard */}
      <div className="diff" tabIndex={0}>
        {shown.map(({ kind, before, after, text }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of a diff have no other name
          <div key={at} className={LOOKS[kind][0]}>
            <span>{before}</span>
            <span>{after}</span>
            <b>{LOOKS[kind][1]}</b>
            <code>
              <Marked text={text} />
            </code>
          </div>
        ))}
      </div>
      {shown.length < rows.length && (
        <button type="button" className="btn ghost s1 more" onClick={() => setAll(true)}>
          {`Show all ${counted(rows.length, "line")}`}
        </button>
      )}
    </>
  );
}

/** @param {{ added: number, removed: number }} props */
export function Stat({ added, removed }) {
  return (
    <span className="num">
      {added > 0 && <span className="add">+{added}</span>}{" "}
      {removed > 0 && <span className="del">−{removed}</span>}
    </span>
  );
}
