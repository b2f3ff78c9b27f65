// The end of a log that still grows: what the agent is saying, and the button that leads there.
import { ArrowDown, LoaderCircle, Pause } from "lucide-react";
import { useEffect, useState } from "react";
import { clean } from "../reading.js";
import { grouped } from "../text/numbers.js";

/**
 * Whether the end is in sight, and how many entries have come since it was.
 *
 * @param {number} count
 */
export function useTail(count) {
  const [atEnd, setAtEnd] = useState(true);
  const [seen, setSeen] = useState(0);
  useEffect(() => {
    if (atEnd) setSeen(count);
  }, [atEnd, count]);
  return { atEnd, setAtEnd, fresh: count - seen };
}

/** @param {{ active: boolean, fresh: number, onClick: () => void }} props */
export function ToTheEnd({ active, fresh, onClick }) {
  return (
    <button type="button" className="pill new live" onClick={onClick}>
      {active ? (
        <>
          <Pause size={14} aria-hidden />
          Paused{fresh > 0 ? `, ${grouped(fresh)} new` : ""}
        </>
      ) : (
        "Go to the end"
      )}
      <ArrowDown size={14} aria-hidden />
    </button>
  );
}

/**
 * What the agent is saying, before it becomes an entry.
 *
 * @param {{ context?: { draft: string } }} props
 */
export function Draft({ context }) {
  if (!context?.draft) return <div style={{ height: 12 }} />;
  return (
    <div className="step" aria-hidden>
      <span className="g" />
      <span className="k">
        <LoaderCircle size={16} className="spin" />
      </span>
      <p className="plain mut" dir="auto">
        {clean(context.draft)}
      </p>
    </div>
  );
}
