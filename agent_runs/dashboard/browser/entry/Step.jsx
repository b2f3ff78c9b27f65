// One entry of a run's log, or a group of entries: a line that opens.
import { Brain } from "lucide-react";
import { memo } from "react";
import { clean, firstLine, textOf, valueIn } from "../reading.js";
import { Json } from "../text/Json.jsx";
import { Marked } from "../text/Marked.jsx";
import { took } from "../text/times.js";
import { nameOfGroup } from "./groups.js";
import { iconOf, iconOfGroup } from "./icons.jsx";
import { isMessage, nameOf } from "./kinds.js";
import { Message } from "./Message.jsx";
import { Chevron, Tool } from "./Tool.jsx";

/** @import { Entry } from "../shapes.d.ts" */
/** @import { Group } from "./groups.js" */
/**
 * @typedef {object} StepProps
 * @property {Entry} entry
 * @property {number} runId
 * @property {boolean} open
 * @property {boolean} thoughtOpen
 * @property {boolean} flash whether the page just jumped to it
 * @property {boolean} hit whether it is the current hit of the search
 * @property {string} agent
 * @property {string} user
 * @property {boolean} raw whether to show it as JSON
 * @property {() => void} onToggle
 * @property {() => void} onThought
 * @property {(event: React.MouseEvent, seq: number) => void} onLink
 * @property {(() => void) | null} onNextError
 */

const LONGEST_LINE = 500;
const SHORT_LINE = 90;
const TARGETS_SHOWN = 6;

export const Step = memo(
  /** @param {StepProps} props */
  function Step(props) {
    const { entry, flash, hit, onLink } = props;
    const Icon = iconOf(entry);
    const looks = [flash && "flash", hit && "hit", entry.failed && "failed"].filter(Boolean);
    return (
      <article
        className={["step", ...looks].join(" ")}
        data-seq={entry.seq}
        aria-label={`Step ${entry.seq}, ${nameOf(entry)}${entry.failed ? ", failed" : ""}`}
      >
        <a
          className="g"
          href={`?step=${entry.seq}`}
          title={`Copy link to step ${entry.seq}`}
          onClick={(event) => onLink(event, entry.seq)}
        >
          {entry.seq}
        </a>
        <div className="k">
          <Icon size={16} strokeWidth={1.75} aria-hidden />
        </div>
        <div className="what">
          <Content {...props} />
        </div>
      </article>
    );
  },
);

/** @param {StepProps} props */
function Content(props) {
  const { entry, raw, agent, user, runId, onLink } = props;
  if (raw) return <Json title={`${entry.seq} · ${entry.message_type}`} value={entry} />;
  const isPrompt = entry.message_type === "USER_MESSAGE";
  const isOnlyThought = entry.thought && !entry.tool_name && !textOf(entry) && !valueIn(entry);
  return (
    <>
      {entry.thought && (
        <Thought text={entry.thought} open={props.thoughtOpen} onToggle={props.onThought} />
      )}
      {isMessage(entry) ? (
        <Message entry={entry} by={isPrompt ? user : agent} runId={runId} onLink={onLink} />
      ) : (
        !isOnlyThought && (
          <Tool
            entry={entry}
            open={props.open}
            onToggle={props.onToggle}
            onLink={onLink}
            onNextError={props.onNextError}
          />
        )
      )}
    </>
  );
}

/** @param {{ text: string, open: boolean, onToggle: () => void }} props */
function Thought({ text, open, onToggle }) {
  const whole = clean(text);
  const line = firstLine(text).slice(0, LONGEST_LINE);
  const isLong = whole.trim() !== line || line.length >= SHORT_LINE;
  return (
    <div className="think">
      <button
        type="button"
        className="sum"
        aria-expanded={open}
        disabled={!isLong}
        onClick={onToggle}
      >
        <Brain size={14} aria-hidden />
        <span className="cut">
          <Marked text={line} />
        </span>
        {isLong && (
          <span className="end">
            <Chevron open={open} />
          </span>
        )}
      </button>
      {open && (
        <p className="plain mut" dir="auto">
          <Marked text={whole} />
        </p>
      )}
    </div>
  );
}

/**
 * Several entries as one line; if it is open, they follow below it.
 *
 * @param {{ group: Group, open: boolean, onToggle: () => void }} props
 */
export function GroupLine({ group, open, onToggle }) {
  const Icon = iconOfGroup(group);
  const name = nameOfGroup(group);
  const targets = group.targets.slice(0, TARGETS_SHOWN).join(", ");
  // While it is open, its entries have their own labels.
  const Line = open ? "div" : "article";
  return (
    <Line
      className={`step ${open ? "opened" : ""}`}
      data-group={group.first}
      data-seq={open ? undefined : group.first}
      aria-label={open ? undefined : `Steps ${group.first} to ${group.last}, ${name}`}
    >
      <span className="g">{open ? "" : group.first}</span>
      <div className="k">
        <Icon size={16} strokeWidth={1.75} aria-hidden />
      </div>
      <div className="what">
        <button type="button" className="sum" aria-expanded={open} onClick={onToggle}>
          <span className={group.same ? "tool" : "med"}>{name}</span>
          <span className="cut mono mut" title={targets}>
            <Marked text={targets} />
          </span>
          <span className="end">
            {group.same && (
              <span className={`badge ${group.calls > 2 ? "amber" : ""}`}>
                ×{group.calls} same call
              </span>
            )}
            <span className="num">{took(group.ms)}</span>
          </span>
          <Chevron open={open} />
        </button>
      </div>
    </Line>
  );
}
