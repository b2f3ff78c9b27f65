// One row of a timeline: a turn, a step, or a question that waits for its answer.
import { ChevronDown, ChevronRight, Hand } from "lucide-react";
import { iconOf, iconOfGroup } from "../entry/icons.jsx";
import { took } from "../text/times.js";
import { Bar, Label, placeOn, Under } from "./bars.jsx";

/** @import { Axis } from "./axis.js" */
/** @import { QuestionRow, StepRow, TurnRow } from "./rows.js" */
/** @import { WaitSpan } from "./spans.js" */

/**
 * @param {{ row: TurnRow, axis: Axis, isClosed: boolean, onToggle: () => void }} props
 */
export function Turn({ row, axis, isClosed, onToggle }) {
  const Chevron = isClosed ? ChevronRight : ChevronDown;
  return (
    <button type="button" className="r turnrow" aria-expanded={!isClosed} onClick={onToggle}>
      <span className="n">
        <Chevron size={14} aria-hidden />
        Turn {row.turn}
      </span>
      <span className="lane">
        <Under axis={axis} waits={[]} />
        <i className="k-turn" style={placeOn(axis, row)} />
        <Label axis={axis} span={row} ms={row.end - row.start} />
      </span>
    </button>
  );
}

/** @param {{ row: QuestionRow, axis: Axis, waits: WaitSpan[] }} props */
export function Question({ row, axis, waits }) {
  return (
    <div className="r">
      <span className="n">
        <span className="id" />
        <Hand size={14} aria-hidden />
        <span className="med">Permission</span>
        <span className="cut mono mut arg" title={row.text}>
          {row.text}
        </span>
      </span>
      <span className="lane">
        <Under axis={axis} waits={waits} />
        <i className="k-wait" style={placeOn(axis, row)} />
        <Label axis={axis} span={row} ms={row.end - row.start} />
      </span>
    </div>
  );
}

/**
 * @param {{ row: StepRow, axis: Axis, waits: WaitSpan[], runId: number,
 *   onStep: (event: React.MouseEvent, seq: number) => void }} props
 */
export function Step({ row, axis, waits, runId, onStep }) {
  const { entry, group, name } = row;
  const { seq } = entry;
  const Icon = group ? iconOfGroup(group) : iconOf(entry);
  return (
    <a
      className="r"
      href={`/runs/${runId}?step=${seq}`}
      data-bar={seq}
      onClick={(event) => onStep(event, seq)}
      aria-label={`Step ${seq}, ${name}${entry.failed ? ", failed" : ""}, ${took(row.ms)}`}
    >
      <span className="n">
        <span className="id">{seq}</span>
        <Icon size={14} aria-hidden />
        <span className={row.isTool ? "mono med" : "med"}>{name}</span>
        <span className="cut mono mut arg" title={row.about}>
          {row.about}
        </span>
      </span>
      <span className="lane">
        <Under axis={axis} waits={waits} />
        {row.bars.map((bar) => (
          <Bar key={`${bar.kind}${bar.start}`} bar={bar} axis={axis} waits={waits} />
        ))}
        {!row.bars.length && <i className="k-turn" style={{ left: `${axis.x(row.start)}%` }} />}
        {row.ms > 0 && <Label axis={axis} span={row} ms={row.ms} />}
      </span>
    </a>
  );
}
