// The output of agents and tools, as text only: it never becomes HTML.
import { TriangleAlert } from "lucide-react";
import { useContext, useState } from "react";
import { clean } from "../reading.js";
import { CopyButton } from "./CopyButton.jsx";
import { endsOf, hitIn, sizeOfHidden } from "./ends.js";
import { FindText, Marked } from "./Marked.jsx";
import { counted } from "./numbers.js";

/**
 * A frame with a title, and a button that copies `text`.
 *
 * @param {{ title?: string, text: string, children: React.ReactNode, bad?: boolean,
 *   action?: React.ReactNode }} props
 */
export function Box({ title, text, children, bad, action }) {
  return (
    <div className={`body ${bad ? "bad" : ""}`}>
      {title && (
        <div className="bar">
          {bad && <TriangleAlert size={14} aria-hidden />}
          <span className="cut">{title}</span>
          <span className="end">
            {action}
            <CopyButton text={text} />
          </span>
        </div>
      )}
      {children}
    </div>
  );
}

/** @param {{ children: React.ReactNode }} props */
export function Plain({ children }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also with the keyboard
    <pre className="out" dir="auto" tabIndex={0}>
      {children}
    </pre>
  );
}

/**
 * A text of any length; a long one shows both ends, and the middle on request.
 *
 * @param {{ text: string, title?: string, bad?: boolean, action?: React.ReactNode }} props
 */
export function Output({ title, text, bad, action }) {
  const [all, setAll] = useState(false);
  const words = useContext(FindText);
  const whole = clean(text);
  const ends = all ? null : endsOf(whole);
  const hit = ends ? hitIn(ends.hidden, words) : "";
  const lines = whole.split("\n").length;
  return (
    <Box
      title={title ?? (lines > 1 ? counted(lines, "line") : "Output")}
      text={whole}
      bad={bad}
      action={action}
    >
      <Plain>
        <Marked text={ends ? ends.head : whole} />
      </Plain>
      {ends && (
        <button type="button" className="btn ghost s1 more" onClick={() => setAll(true)}>
          {`${sizeOfHidden(ends.hidden)} hidden, show the middle`}
        </button>
      )}
      {hit && (
        <Plain>
          … <Marked text={hit} /> …
        </Plain>
      )}
      {ends?.tail && (
        <Plain>
          <Marked text={ends.tail} />
        </Plain>
      )}
    </Box>
  );
}
