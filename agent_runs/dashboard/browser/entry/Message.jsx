// What a person or the agent said.
import { useEffect, useState } from "react";
import { getJson } from "../api.js";
import { clean, textOf, valueIn } from "../reading.js";
import { CopyButton } from "../text/CopyButton.jsx";
import { Json } from "../text/Json.jsx";
import { Marked } from "../text/Marked.jsx";
import { Clock } from "../text/Times.jsx";
import { Prose } from "./Prose.jsx";
import { StepTools } from "./StepTools.jsx";

/** @import { Entry, Turn } from "../shapes.d.ts" */

const SAFE_IMAGE = /^data:image\/(png|jpeg|gif|webp);base64,/;

/**
 * @param {{ entry: Entry, by: string, runId: number,
 *   onLink: (event: React.MouseEvent, seq: number) => void }} props
 */
export function Message({ entry, by, runId, onLink }) {
  const text = textOf(entry);
  const value = valueIn(entry);
  const isPrompt = entry.message_type === "USER_MESSAGE";
  return (
    <div className={`msg ${isPrompt ? "user" : ""}`}>
      <div className="by">
        <b>{by}</b>
        <Clock at={entry.created_at} />
        <span className="end flexrow" style={{ gap: 0 }}>
          {!isPrompt && text && <CopyButton text={text} label="Copy the answer" />}
          <StepTools entry={entry} onLink={onLink} />
        </span>
      </div>
      {isPrompt ? (
        <>
          <p className="plain" dir="auto">
            <Marked text={clean(text)} />
          </p>
          <PromptImages entry={entry} runId={runId} />
        </>
      ) : (
        (text || !value) && <Prose text={text || "The agent ended without an answer."} />
      )}
      {value && <Json title="Output" value={value} />}
    </div>
  );
}

/** @param {{ entry: Entry, runId: number }} props */
function PromptImages({ entry, runId }) {
  const count = Number(entry.tool_output?.images) || 0;
  const images = useImages(runId, entry.turn, count > 0);
  if (!count) return null;
  if (!images.length) {
    const places = Array.from({ length: count }, (_, at) => at);
    return (
      <div className="thumbs">
        {places.map((at) => (
          <span key={at} className="thumb skel" />
        ))}
      </div>
    );
  }
  return (
    <div className="thumbs">
      {images.map((uri, at) => (
        <a
          key={uri}
          className="thumb"
          href={uri}
          download={`run-${runId}-turn-${entry.turn}-image-${at + 1}`}
          title="Download the image"
        >
          <img src={uri} alt={`Attachment ${at + 1} of the prompt`} />
        </a>
      ))}
    </div>
  );
}

// Images of prompts are in the turns, not in the entries: they are read once they are in view.
/** @type {{ key: string, answer: Promise<{ items: Turn[] }> | null }} */
let lastRead = { key: "", answer: null };

/**
 * @param {number} runId
 * @param {number} turn a new turn is not in an older answer
 */
function turnsOf(runId, turn) {
  const key = `${runId}/${turn}`;
  if (lastRead.key !== key) lastRead = { key, answer: getJson(`/agent_runs/${runId}/turns`) };
  return lastRead.answer;
}

/**
 * @param {number} runId
 * @param {number} turn
 * @param {boolean} hasImages
 */
function useImages(runId, turn, hasImages) {
  const [images, setImages] = useState(/** @type {string[]} */ ([]));
  useEffect(() => {
    if (!hasImages) return undefined;
    let gone = false;
    turnsOf(runId, turn)?.then(
      ({ items }) => {
        const uris = items.find((item) => item.turn === turn)?.images ?? [];
        if (!gone) setImages(uris.filter((uri) => SAFE_IMAGE.test(uri)));
      },
      () => {}, // the places of the images stay empty
    );
    return () => {
      gone = true;
    };
  }, [runId, turn, hasImages]);
  return images;
}
