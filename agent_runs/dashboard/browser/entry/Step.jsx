// One entry of a run's log, folded by its kind: what people said and what failed is open, the rest
// is one line that opens.
import { memo, useContext, useEffect, useState } from "react";
import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { Brain, Braces, Check, ChevronDown, ChevronRight, Link2, X } from "lucide-react";
import { Clock, duration } from "../text/Times.jsx";
import { getJson } from "../log/Entries.jsx";
import { FindText, Marked, markText } from "../log/Find.jsx";
import {
  Box,
  CopyButton,
  DiffLines,
  Json,
  Output,
  Stat,
  clean,
  diffStat,
  firstLine,
} from "../text/Payload.jsx";
import { iconOf, iconOfGroup, isFailed, nameOfGroup, targetOf, textOf } from "./kinds.jsx";

const structured = (entry) =>
  entry.observation && typeof entry.observation === "object" ? entry.observation : null;
const Chevron = ({ open }) =>
  open ? <ChevronDown size={16} aria-hidden /> : <ChevronRight size={16} aria-hidden />;

// A link that opens nothing but http, mail and places on this page; images stay what they say.
const MARKDOWN = {
  a: ({ href, children }) =>
    /^(https?:|mailto:)/i.test(href ?? "") ? (
      <a className="link" href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
  img: ({ alt }) => <span className="mut">[image{alt ? `: ${alt}` : ""}]</span>,
  h1: "h3",
  h2: "h3",
  h4: "h3",
  h5: "h3",
  h6: "h3",
};

function Prose({ text }) {
  const wanted = useContext(FindText);
  const shown = clean(text);
  if (shown.length > 100000) return <Output title="Answer" text={shown} />;
  return (
    <div className="md" dir="auto">
      <Markdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={wanted ? [markText(wanted)] : []}
        components={MARKDOWN}
      >
        {shown}
      </Markdown>
    </div>
  );
}

// Prompt images are in the turns, not in the entries: they are read when they come into view.
let readTurns = { key: "", job: null };
function turnsOf(runId, turn) {
  const key = `${runId}/${turn}`;
  if (readTurns.key !== key) readTurns = { key, job: getJson(`${runId}/turns`) };
  return readTurns.job;
}

function PromptImages({ entry, runId }) {
  const [images, setImages] = useState([]);
  const count = Number(entry.tool_output?.images) || 0;
  useEffect(() => {
    let gone = false;
    if (count)
      turnsOf(runId, entry.turn)
        .then(({ items }) => {
          if (!gone) setImages(items.find((turn) => turn.turn === entry.turn)?.images ?? []);
        })
        .catch(() => {});
    return () => {
      gone = true;
    };
  }, [runId, entry.turn, count]);
  if (!count) return null;
  const safe = images.filter((uri) => /^data:image\/(png|jpeg|gif|webp);base64,/.test(uri));
  return (
    <div className="thumbs">
      {safe.length
        ? safe.map((uri, at) => (
            <a
              key={at}
              className="thumb"
              href={uri}
              download={`run-${runId}-turn-${entry.turn}-image-${at + 1}`}
              title="Download the image"
            >
              <img src={uri} alt={`Image ${at + 1} of the prompt`} />
            </a>
          ))
        : Array.from({ length: count }, (_, at) => <span key={at} className="thumb skel" />)}
    </div>
  );
}

function StepTools({ entry, onLink }) {
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

function Message({ entry, by, runId, onLink }) {
  const isUser = entry.message_type === "USER_MESSAGE";
  return (
    <div className={`msg ${isUser ? "user" : ""}`}>
      <div className="by">
        <b>{by}</b>
        <Clock at={entry.created_at} />
        <span className="end flexrow" style={{ gap: 0 }}>
          {!isUser && textOf(entry) && <CopyButton text={textOf(entry)} label="Copy the answer" />}
          <StepTools entry={entry} onLink={onLink} />
        </span>
      </div>
      {isUser ? (
        <p className="plain" dir="auto">
          <Marked text={clean(textOf(entry))} />
        </p>
      ) : (
        <Prose text={textOf(entry) || "The agent ended without an answer."} />
      )}
      {isUser && <PromptImages entry={entry} runId={runId} />}
    </div>
  );
}

function Badges({ entry, stat }) {
  const output = entry.tool_output ?? {};
  const failed = isFailed(entry);
  return (
    <span className="end">
      {stat && (stat.added > 0 || stat.removed > 0) && <Stat {...stat} />}
      {typeof output.exit_code === "number" && (
        <span className={`badge ${failed ? "red" : "green"}`}>
          {failed ? <X size={12} aria-hidden /> : <Check size={12} aria-hidden />}exit{" "}
          {output.exit_code}
        </span>
      )}
      {failed && typeof output.exit_code !== "number" && (
        <span className="badge red">{output.status || "error"}</span>
      )}
      {output.status === "cancelled" && <span className="badge">cancelled</span>}
      {output.permission?.policy === "ask" && (
        <span className="badge amber">
          {/reject/.test(output.permission.kind ?? "") ? "rejected by you" : "approved by you"}
        </span>
      )}
      {entry.duration_ms != null && (
        <span className="num">{duration(entry.duration_ms, true)}</span>
      )}
    </span>
  );
}

function Details({ entry, diffs, onLink, onNextError }) {
  const text = textOf(entry),
    whole = structured(entry),
    failed = isFailed(entry);
  const code = entry.tool_output?.exit_code;
  const next = failed && onNextError && (
    <button type="button" className="btn s1" onClick={onNextError}>
      Next error<span className="kbd desk">E</span>
    </button>
  );
  const onlyCommand =
    entry.tool_input &&
    Object.keys(entry.tool_input).length === 1 &&
    targetOf(entry).length < 90 &&
    targetOf(entry) !== "";
  return (
    <>
      {diffs.map((diff, at) => (
        <Box key={at} title={clean(diff.path)} text={diff.unified}>
          <DiffLines unified={diff.unified} />
        </Box>
      ))}
      {!diffs.length &&
        entry.tool_input &&
        Object.keys(entry.tool_input).length > 0 &&
        !onlyCommand && <Json title="Input" value={entry.tool_input} />}
      {text && (
        <Output
          text={text}
          bad={failed}
          action={next}
          title={failed ? `Failed${typeof code === "number" ? `, exit ${code}` : ""}` : undefined}
        />
      )}
      {whole && <Json title="Output" value={whole} />}
      {!text && !whole && !diffs.length && (
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

function Tool({ entry, open, onToggle, onLink, onNextError }) {
  const diffs = Array.isArray(entry.tool_output?.diffs)
    ? entry.tool_output.diffs.filter((diff) => diff && typeof diff.unified === "string")
    : [];
  const stat = diffs
    .map((diff) => diffStat(diff.unified))
    .reduce((sum, one) => ({ added: sum.added + one.added, removed: sum.removed + one.removed }), {
      added: 0,
      removed: 0,
    });
  const isError = entry.message_type === "ERROR";
  const name = isError
    ? "Error"
    : entry.message_type === "PLAN_EVALUATION"
      ? "Plan"
      : clean(entry.tool_name || "step");
  const target = (isError || !entry.tool_name ? firstLine(textOf(entry)) : targetOf(entry)).slice(
    0,
    500,
  );
  return (
    <div className={isFailed(entry) ? "err" : ""}>
      <button type="button" className="sum" aria-expanded={open} onClick={onToggle}>
        <span className="tool">{name}</span>
        <span className="cut mono mut" title={target}>
          <Marked text={target} />
        </span>
        <Badges entry={entry} stat={stat} />
        <Chevron open={open} />
      </button>
      {open && <Details entry={entry} diffs={diffs} onLink={onLink} onNextError={onNextError} />}
    </div>
  );
}

function Thought({ text, open, onToggle }) {
  const shown = clean(text),
    line = firstLine(text).slice(0, 500);
  const isLong = shown.trim() !== line;
  return (
    <div className="think">
      <button
        type="button"
        className="sum"
        aria-expanded={open}
        disabled={!isLong && line.length < 90}
        onClick={onToggle}
      >
        <Brain size={14} aria-hidden />
        <span className="cut">
          <Marked text={line} />
        </span>
        {(isLong || line.length >= 90) && (
          <span className="end">
            <Chevron open={open} />
          </span>
        )}
      </button>
      {open && (
        <p className="plain mut" dir="auto">
          <Marked text={shown} />
        </p>
      )}
    </div>
  );
}

// Several entries as one line; open it stands above them.
export function GroupLine({ group, open, onToggle }) {
  const Icon = iconOfGroup(group);
  const targets = group.targets.slice(0, 6).join(", ");
  return (
    <div
      className={`step ${open ? "opened" : ""}`}
      data-seq={open ? undefined : group.first}
      data-group={group.first}
      role={open ? undefined : "article"}
      aria-label={open ? undefined : `Steps ${group.first} to ${group.last}, ${nameOfGroup(group)}`}
    >
      <span className="g">{open ? "" : group.first}</span>
      <div className="k">
        <Icon size={16} strokeWidth={1.75} aria-hidden />
      </div>
      <div className="what">
        <button type="button" className="sum" aria-expanded={open} onClick={onToggle}>
          <span className={group.same ? "tool" : "med"}>{nameOfGroup(group)}</span>
          <span className="cut mono mut" title={targets}>
            <Marked text={targets} />
          </span>
          <span className="end">
            {group.same && (
              <span className={`badge ${group.calls > 2 ? "amber" : ""}`}>
                ×{group.calls} same call
              </span>
            )}
            <span className="num">{duration(group.ms, true)}</span>
          </span>
          <Chevron open={open} />
        </button>
      </div>
    </div>
  );
}

export const Step = memo(function Step({
  entry,
  runId,
  href,
  open,
  thoughtOpen,
  flash,
  hit,
  agent,
  user,
  onToggle,
  onThought,
  onLink,
  onNextError,
  raw,
}) {
  const Icon = iconOf(entry);
  const isMessage = entry.message_type === "USER_MESSAGE" || entry.message_type === "FINAL_ANSWER";
  const name = entry.tool_name || entry.message_type.toLowerCase().replace("_", " ");
  return (
    <div
      className={`step ${flash ? "flash" : ""} ${hit ? "hit" : ""} ${isFailed(entry) ? "failed" : ""}`}
      data-seq={entry.seq}
      role="article"
      aria-label={`Step ${entry.seq}, ${name}${isFailed(entry) ? ", failed" : ""}`}
    >
      <a
        className="g"
        href={href}
        title={`Copy link to step ${entry.seq}`}
        onClick={(event) => onLink(event, entry.seq)}
      >
        {entry.seq}
      </a>
      <div className="k">
        <Icon size={16} strokeWidth={1.75} aria-hidden />
      </div>
      <div className="what">
        {raw ? (
          <Json title={`${entry.seq} · ${entry.message_type}`} value={entry} />
        ) : (
          <>
            {entry.thought && (
              <Thought text={entry.thought} open={thoughtOpen} onToggle={onThought} />
            )}
            {isMessage ? (
              <Message
                entry={entry}
                by={entry.message_type === "USER_MESSAGE" ? user : agent}
                runId={runId}
                onLink={onLink}
              />
            ) : entry.tool_name || textOf(entry) || structured(entry) || !entry.thought ? (
              <Tool
                entry={entry}
                open={open}
                onToggle={onToggle}
                onLink={onLink}
                onNextError={onNextError}
              />
            ) : null}
          </>
        )}
      </div>
    </div>
  );
});
