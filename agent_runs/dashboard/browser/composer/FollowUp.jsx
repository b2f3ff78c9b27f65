// The next prompt: it resumes a run that has ended, or waits in the queue while a turn is working.
import { Hourglass, Image, X } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { ApiProblem, getJson, messageOf, sendJson } from "../api.js";
import { clean } from "../reading.js";
import { Composer } from "./Composer.jsx";

/** @import { QueuedPrompt } from "../shapes.d.ts" */
/**
 * @typedef {object} FollowUpProps
 * @property {number} runId
 * @property {number} turn
 * @property {boolean} active
 * @property {boolean} down whether the API is unavailable
 * @property {boolean} focus
 * @property {number} queueVersion the queue is read again when it changes
 * @property {boolean} queueless whether nothing can be queued for this run
 * @property {(runId: number) => void} onSent
 */

/** @param {FollowUpProps} props */
export function FollowUp({ runId, turn, active, down, focus, queueVersion, queueless, onSent }) {
  const queue = useQueue(runId, queueVersion);
  const queues = active && queue.answers && !queueless;
  const note = noteOf({ turn, active, down, queues });
  return (
    <>
      <Waiting queue={queue} active={active} />
      <Composer
        path={`/agent_runs/${runId}/${queues ? "queue" : "resume"}`}
        label="Tell the agent what to do next"
        placeholder="Tell the agent what to do next"
        sendLabel={queues ? "Queue" : "Resume"}
        draftKey={`agent_runs_draft_${runId}`}
        disabled={down || (active && !queues)}
        note={note}
        docked
        focus={focus}
        onSent={(id) => {
          if (queues) queue.read();
          else onSent?.(id);
        }}
      />
    </>
  );
}

/** @param {{ turn: number, active: boolean, down: boolean, queues: boolean }} state */
function noteOf({ turn, active, down, queues }) {
  if (down) return "The API is not running. Your text is kept.";
  if (!active) return `Starts turn ${turn + 1}`;
  return queues ? `Sent after turn ${turn}` : "You can send it when this turn has ended";
}

/** @typedef {ReturnType<typeof useQueue>} Queue */

/**
 * @param {number} runId 0 while the page does not know which run it shows
 * @param {number} version
 */
function useQueue(runId, version) {
  const [items, setItems] = useState(/** @type {QueuedPrompt[]} */ ([]));
  const [answers, setAnswers] = useState(false);
  const [problem, setProblem] = useState("");
  const read = useCallback(async () => {
    if (!runId) return;
    try {
      const queue = await getJson(`/agent_runs/${runId}/queue`);
      setItems(queue.items);
      setAnswers(true);
    } catch (error) {
      const hasNone = error instanceof ApiProblem && [404, 405].includes(error.status);
      if (!hasNone) return; // keep what was read before
      setItems([]);
      setAnswers(false);
    }
  }, [runId]);
  // A new version means that there is more to read.
  useEffect(() => {
    read();
  }, [read, version]);
  // A problem belongs to one run.
  useEffect(() => setProblem(""), [runId]);
  const withdraw = async (/** @type {number} */ id) => {
    setProblem("");
    await sendJson("DELETE", `/agent_runs/${runId}/queue/${id}`).catch((error) =>
      setProblem(problemOf(error)),
    );
    read();
  };
  return { items, answers, problem, read, withdraw };
}

/** @param {unknown} error */
function problemOf(error) {
  const status = error instanceof ApiProblem ? error.status : undefined;
  if (status === 404) return ""; // it is already gone
  if (status === 409) return "This prompt was sent before it could be withdrawn.";
  return `${messageOf(error)} The prompt was not withdrawn; try again.`;
}

/** @param {{ queue: Queue, active: boolean }} props */
function Waiting({ queue: { items, problem, withdraw }, active }) {
  if (!items.length && !problem) return null;
  return (
    <section className="queue" aria-label="Queued prompts">
      {items.length > 0 && (
        <p className="flexrow sm mut">
          <Hourglass size={14} aria-hidden />
          {items.length === 1
            ? "1 prompt is waiting; it is sent"
            : `${items.length} prompts are waiting; the first is sent`}
          {active ? " when this turn is complete." : " when the next turn is complete."}
        </p>
      )}
      <ol>
        {items.map(({ id, prompt, images }) => (
          <li key={id} className="flexrow" data-queued={id}>
            <span className="cut grow" title={clean(prompt).slice(0, 2000)} dir="auto">
              {clean(prompt).slice(0, 400)}
            </span>
            {images.length > 0 && (
              <span className="badge">
                <Image size={12} aria-hidden />
                {images.length}
              </span>
            )}
            <button type="button" className="btn ghost s1" onClick={() => withdraw(id)}>
              <X size={14} aria-hidden />
              Withdraw
            </button>
          </li>
        ))}
      </ol>
      {problem && (
        <p role="alert" className="note red">
          {problem}
        </p>
      )}
    </section>
  );
}
