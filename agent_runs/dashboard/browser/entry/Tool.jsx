// A tool call: one line, which opens to show input and output.
import { Check, ChevronDown, ChevronRight, X } from "lucide-react";
import { clean, diffStat, firstLine, targetOf, textOf, valueIn } from "../reading.js";
import { DiffLines, Stat } from "../text/DiffLines.jsx";
import { Json } from "../text/Json.jsx";
import { Marked } from "../text/Marked.jsx";
import { sumOf } from "../text/numbers.js";
import { Box, Output } from "../text/Output.jsx";
import { Clock } from "../text/Times.jsx";
import { took } from "../text/times.js";
import { diffsOf, exitCodeOf, nameOf } from "./kinds.js";
import { StepTools } from "./StepTools.jsx";

/** @import { Entry } from "../shapes.d.ts" */
/**
 * @typedef {object} ToolProps
 * @property {Entry} entry
 * @property {boolean} open
 * @property {() => void} onToggle
 * @property {(event: React.MouseEvent, seq: number) => void} onLink
 * @property {(() => void) | null} onNextError null when this is the only error
 */

const LONGEST_TITLE = 500;
const SHORT_TARGET = 90;
const ENDS = new Map([
  ["cancelled", "cancelled"],
  ["unknown", "end unknown"],
]);

/** @param {ToolProps} props */
export function Tool({ entry, open, onToggle, onLink, onNextError }) {
  const about = aboutOf(entry);
  return (
    <div className={entry.failed ? "err" : ""}>
      <button type="button" className="sum" aria-expanded={open} onClick={onToggle}>
        <span className="tool">{nameOf(entry)}</span>
        <span className="cut mono mut" title={about}>
          <Marked text={about} />
        </span>
        <Badges entry={entry} />
        <Chevron open={open} />
      </button>
      {open && <Details entry={entry} onLink={onLink} onNextError={onNextError} />}
    </div>
  );
}

/** @param {{ open: boolean }} props */
export const Chevron = ({ open }) =>
  open ? <ChevronDown size={16} aria-hidden /> : <ChevronRight size={16} aria-hidden />;

/** @param {Entry} entry */
function aboutOf(entry) {
  const isCall = entry.message_type !== "ERROR" && entry.tool_name;
  return isCall ? targetOf(entry.tool_input) : firstLine(textOf(entry)).slice(0, LONGEST_TITLE);
}

/** @param {string | null | undefined} kind of the option that was chosen */
function decidedBy(kind) {
  if (!kind) return "not answered";
  return kind.startsWith("reject") ? "rejected by you" : "approved by you";
}

/** @param {{ entry: Entry }} props */
function Badges({ entry }) {
  const output = entry.tool_output ?? {};
  const stats = diffsOf(entry).map((diff) => diffStat(diff.unified));
  const added = sumOf(stats, (stat) => stat.added);
  const removed = sumOf(stats, (stat) => stat.removed);
  const permission = output.permission?.policy === "ask" ? output.permission : null;
  const end = ENDS.get(output.status ?? "");
  return (
    <span className="end">
      {added + removed > 0 && <Stat added={added} removed={removed} />}
      <Ending entry={entry} />
      {end && <span className="badge">{end}</span>}
      {permission && <span className="badge amber">{decidedBy(permission.kind)}</span>}
      {entry.duration_ms != null && <span className="num">{took(entry.duration_ms)}</span>}
    </span>
  );
}

/** @param {{ entry: Entry }} props */
function Ending({ entry }) {
  const code = exitCodeOf(entry);
  if (code === null) {
    const word = clean(entry.tool_output?.status || "error");
    return entry.failed ? <span className="badge red">{word}</span> : null;
  }
  return (
    <span className={`badge ${entry.failed ? "red" : "green"}`}>
      {entry.failed ? <X size={12} aria-hidden /> : <Check size={12} aria-hidden />}
      exit {code}
    </span>
  );
}

/** @param {Pick<ToolProps, "entry" | "onLink" | "onNextError">} props */
function Details({ entry, onLink, onNextError }) {
  const diffs = diffsOf(entry);
  const text = textOf(entry);
  const value = valueIn(entry);
  return (
    <>
      {diffs.map((diff, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a call may change a file twice
        <Box key={at} title={clean(diff.path)} text={diff.unified}>
          <DiffLines unified={diff.unified} />
        </Box>
      ))}
      {!diffs.length && hasInputToShow(entry) && <Json title="Input" value={entry.tool_input} />}
      {text && (
        <Output
          text={text}
          bad={entry.failed}
          action={entry.failed && onNextError && <NextError onClick={onNextError} />}
          title={entry.failed ? titleOfFailure(entry) : undefined}
        />
      )}
      {value && <Json title="Output" value={value} />}
      {!text && !value && !diffs.length && (
        <p className="sm mut" style={{ padding: "4px 0 8px" }}>
          This step has no output.
        </p>
      )}
      <div className="flexrow stepfoot sm mut">
        <Clock at={entry.created_at} />
        <StepTools entry={entry} onLink={onLink} />
      </div>
    </>
  );
}

/**
 * A single short argument is already on the line above.
 *
 * @param {Entry} entry
 */
function hasInputToShow(entry) {
  const names = Object.keys(entry.tool_input ?? {});
  const about = targetOf(entry.tool_input);
  return names.length > 1 || (names.length === 1 && (!about || about.length >= SHORT_TARGET));
}

/** @param {Entry} entry */
function titleOfFailure(entry) {
  const code = exitCodeOf(entry);
  return code === null ? "Failed" : `Failed, exit ${code}`;
}

/** @param {{ onClick: () => void }} props */
const NextError = ({ onClick }) => (
  <button type="button" className="btn s1" onClick={onClick}>
    Next error<span className="kbd desk">E</span>
  </button>
);
