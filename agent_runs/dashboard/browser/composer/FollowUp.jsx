// What a person says next: resumes a finished run, or waits in line while a turn is going on.
import { useCallback, useEffect, useState } from "react";
import { Hourglass, Image, X } from "lucide-react";
import { Composer } from "./Composer.jsx";
import { getJson } from "../log/Entries.jsx";
import { clean } from "../text/Payload.jsx";

function useQueue(runId, version) {
  const [queue, setQueue] = useState({ items: [], answers: false });
  const [problem, setProblem] = useState("");
  const read = useCallback(async () => {
    if (!runId) return; // the page does not know yet which run it shows
    try {
      const { items } = await getJson(`${runId}/queue`);
      setQueue({ items, answers: true });
    } catch (error) {
      if (error.status === 404 || error.status === 405) setQueue({ items: [], answers: false });
    }
  }, [runId]);
  useEffect(() => {
    read();
  }, [read, version]);
  useEffect(() => {
    setProblem("");
  }, [runId]);
  const withdraw = async (id) => {
    setProblem("");
    try {
      const answer = await fetch(`/api/agent_runs/${runId}/queue/${id}`, {
        method: "DELETE",
        credentials: "same-origin",
      });
      if (answer.status === 409) setProblem("This prompt was sent before it could be withdrawn.");
      else if (!answer.ok && answer.status !== 404)
        setProblem(
          (await answer.json().catch(() => ({}))).message ||
            "The prompt was not withdrawn; try again.",
        );
    } catch {
      setProblem("The dashboard did not answer; the prompt still waits.");
    }
    read();
  };
  return { ...queue, problem, read, withdraw };
}

function Waiting({ queue, active }) {
  const { items, problem, withdraw } = queue;
  if (!items.length && !problem) return null;
  return (
    <section className="queue" aria-label="Queued prompts">
      {items.length > 0 && (
        <p className="flexrow sm mut">
          <Hourglass size={14} aria-hidden />
          {items.length === 1 ? "1 prompt waits" : `${items.length} prompts wait`}
          {active
            ? "; the first is sent when this turn is complete."
            : "; it is sent after the next turn that is complete."}
        </p>
      )}
      <ol>
        {items.map((item) => (
          <li key={item.id} className="flexrow" data-queued={item.id}>
            <span className="cut grow" title={clean(item.prompt).slice(0, 2000)} dir="auto">
              {clean(item.prompt).slice(0, 400)}
            </span>
            {item.images?.length > 0 && (
              <span className="badge">
                <Image size={12} aria-hidden />
                {item.images.length}
              </span>
            )}
            <button type="button" className="btn ghost s1" onClick={() => withdraw(item.id)}>
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

export function FollowUp({
  runId,
  turn = 1,
  active = false,
  down = false,
  focus = false,
  queueVersion = 0,
  queueless = false,
  onSent,
}) {
  const queue = useQueue(runId, queueVersion);
  const queues = active && queue.answers && !queueless;
  const note = down
    ? "The API is not running. Your text is kept."
    : active
      ? queues
        ? `Sent when turn ${turn} is complete`
        : "Can be sent when this turn has ended."
      : `Starts turn ${turn + 1}`;
  return (
    <>
      <Waiting queue={queue} active={active} />
      <Composer
        url={`/api/agent_runs/${runId}/${queues ? "queue" : "resume"}`}
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
