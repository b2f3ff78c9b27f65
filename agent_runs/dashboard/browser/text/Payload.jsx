// What agents and tools put out, shown as text and nothing else: it is hostile input. No HTML is
// ever made from it; escape sequences are taken out, invisible and text-turning signs made visible.
import { useContext, useState } from "react";
import { Check, Copy, TriangleAlert } from "lucide-react";
import { FindText, Marked } from "../log/Find.jsx";

const ANSI =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[@-Z\\-_])/g;
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const HEAD_LINES = 40,
  TAIL_LINES = 20,
  HEAD_CHARACTERS = 12000,
  AROUND_HIT = 300;

export const clean = (text) =>
  String(text ?? "")
    .replace(ANSI, "")
    .replace(/\r\n/g, "\n")
    .replace(
      HIDDEN,
      (sign) => `⟨U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
    );

export const firstLine = (text) =>
  clean(text)
    .split("\n")
    .find((line) => line.trim())
    ?.trim() ?? "";

export function CopyButton({ text, label = "Copy", icon: Icon = Copy }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button
      type="button"
      className="btn ghost s1 ic"
      aria-label={done ? "Copied" : label}
      title={label}
      onClick={copy}
    >
      {done ? <Check size={14} aria-hidden /> : <Icon size={14} aria-hidden />}
    </button>
  );
}

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

// First and last lines of a long text; what is between them is left out and its size said.
function headAndTail(text, lines) {
  if (lines.length <= HEAD_LINES + TAIL_LINES && text.length <= HEAD_CHARACTERS) return null;
  let head = lines.slice(0, HEAD_LINES).join("\n"),
    tail =
      lines.length > HEAD_LINES
        ? lines.slice(-Math.min(TAIL_LINES, lines.length - HEAD_LINES)).join("\n")
        : "";
  if (head.length > HEAD_CHARACTERS / 2) head = head.slice(0, HEAD_CHARACTERS / 2);
  if (tail.length > HEAD_CHARACTERS / 2) tail = tail.slice(-HEAD_CHARACTERS / 2);
  if (!tail && head.length < text.length)
    tail = text.slice(-Math.min(HEAD_CHARACTERS / 4, text.length - head.length));
  return head.length + tail.length >= text.length ? null : { head, tail };
}

export function Output({ title, text, bad, action }) {
  const [all, setAll] = useState(false);
  const wanted = useContext(FindText);
  const whole = clean(text),
    lines = whole.split("\n");
  const ends = all ? null : headAndTail(whole, lines);
  const hidden = ends ? whole.slice(ends.head.length, whole.length - ends.tail.length) : "";
  const hit = wanted && hidden ? hidden.toLowerCase().indexOf(wanted.toLowerCase()) : -1;
  const between = hidden.split("\n").length - 1;
  const size =
    between > 1
      ? `${between.toLocaleString()} lines`
      : `${hidden.length.toLocaleString()} characters`;
  return (
    <Box
      title={title ?? (lines.length > 1 ? `${lines.length.toLocaleString()} lines` : "Output")}
      text={whole}
      bad={bad}
      action={action}
    >
      {ends ? (
        <>
          <pre className="out" dir="auto" tabIndex={0}>
            <Marked text={ends.head} />
          </pre>
          <button
            type="button"
            className="btn ghost s1 more"
            onClick={() => setAll(true)}
          >{`${size} hidden, show the middle`}</button>
          {hit >= 0 && (
            <pre className="out" dir="auto" tabIndex={0}>
              …{" "}
              <Marked
                text={hidden.slice(Math.max(0, hit - AROUND_HIT), hit + wanted.length + AROUND_HIT)}
              />{" "}
              …
            </pre>
          )}
          {ends.tail && (
            <pre className="out" dir="auto" tabIndex={0}>
              <Marked text={ends.tail} />
            </pre>
          )}
        </>
      ) : (
        <pre className="out" dir="auto" tabIndex={0}>
          <Marked text={whole} />
        </pre>
      )}
    </Box>
  );
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function highlighted(text) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(last, match.index));
    const kind = match[2] ? "key" : match[1] ? "str" : match[3] ? "lit" : "num";
    parts.push(
      <span key={match.index} className={`j-${kind}`}>
        {match[1] ?? match[0]}
      </span>,
      match[2] ?? "",
    );
    last = match.index + match[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}

export function Json({ title, value }) {
  const wanted = useContext(FindText);
  const text = clean(JSON.stringify(value, null, 2));
  if (text.length > HEAD_CHARACTERS) return <Output title={title} text={text} />;
  return (
    <Box title={title} text={text}>
      <pre className="out" tabIndex={0}>
        {wanted && text.toLowerCase().includes(wanted.toLowerCase()) ? (
          <Marked text={text} />
        ) : (
          highlighted(text)
        )}
      </pre>
    </Box>
  );
}

export const diffStat = (unified) => {
  let added = 0,
    removed = 0;
  for (const line of String(unified ?? "").split("\n")) {
    if (line.startsWith("+") && !line.startsWith("+++")) added += 1;
    else if (line.startsWith("-") && !line.startsWith("---")) removed += 1;
  }
  return { added, removed };
};

function diffRows(unified) {
  let before = 0,
    after = 0;
  const rows = [];
  for (const line of clean(unified).split("\n")) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (hunk) {
      before = Number(hunk[1]);
      after = Number(hunk[2]);
      rows.push(["h", "", "", "", line]);
      continue;
    }
    if (
      /^(diff |index |--- |\+\+\+ |new file|deleted file|similarity|rename |old mode|new mode)/.test(
        line,
      ) &&
      !before
    )
      continue;
    if (line.startsWith("+")) rows.push(["p", "", after++, "+", line.slice(1)]);
    else if (line.startsWith("-")) rows.push(["m", before++, "", "−", line.slice(1)]);
    else if (line.startsWith(" ")) rows.push(["", before++, after++, "", line.slice(1)]);
    else if (line) rows.push(["h", "", "", "", line]);
  }
  return rows;
}

const DIFF_ROWS = 400;

export function DiffLines({ unified }) {
  const [all, setAll] = useState(false);
  const rows = diffRows(unified);
  const shown = all ? rows : rows.slice(0, DIFF_ROWS);
  return (
    <>
      <div className="diff" tabIndex={0}>
        {shown.map(([kind, before, after, sign, code], at) => (
          <div key={at} className={kind}>
            <span>{before}</span>
            <span>{after}</span>
            <b>{sign}</b>
            <code>
              <Marked text={code} />
            </code>
          </div>
        ))}
      </div>
      {shown.length < rows.length && (
        <button
          type="button"
          className="btn ghost s1 more"
          onClick={() => setAll(true)}
        >{`Show all ${rows.length.toLocaleString()} lines`}</button>
      )}
    </>
  );
}

export function Stat({ added, removed }) {
  return (
    <span className="num">
      {added > 0 && <span className="add">+{added}</span>}{" "}
      {removed > 0 && <span className="del">−{removed}</span>}
    </span>
  );
}
