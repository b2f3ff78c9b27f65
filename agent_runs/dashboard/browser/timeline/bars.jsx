// What is drawn on the lanes of a timeline.
import { took } from "../text/times.js";

/** @import { Axis } from "./axis.js" */
/** @import { Bar as BarSpan } from "./rows.js" */
/** @import { Span, WaitSpan } from "./spans.js" */

const NAMES = { model: "Model", tool: "Tool", err: "Failed tool" };
const LABEL_FITS = 88; // percent, up to which a label fits to the right of its bar

/**
 * @param {Axis} axis
 * @param {Span} span
 */
export function placeOn(axis, { start, end }) {
  const left = axis.x(start);
  return { left: `${left}%`, width: `${Math.max(0, axis.x(end) - left)}%` };
}

/** @param {{ bar: BarSpan, axis: Axis, waits: WaitSpan[] }} props */
export function Bar({ bar, axis, waits }) {
  const during = waits.filter((wait) => wait.start < bar.end && wait.end > bar.start);
  const title = `${NAMES[bar.kind]}, ${took(bar.end - bar.start)}`;
  return (
    <>
      <i className={`k-${bar.kind}`} style={placeOn(axis, bar)} title={title} />
      {bar.kind !== "model" &&
        during.map((wait) => {
          const part = {
            start: Math.max(wait.start, bar.start),
            end: Math.min(wait.end, bar.end),
          };
          return (
            <i
              key={wait.start}
              className="k-wait"
              style={placeOn(axis, part)}
              title={`Waiting for you, ${took(part.end - part.start)}`}
            />
          );
        })}
    </>
  );
}

/**
 * What is behind the bars: ticks, gaps and waits.
 *
 * @param {{ axis: Axis, waits: WaitSpan[] }} props
 */
export function Under({ axis, waits }) {
  return (
    <>
      {axis.ticks.map((tick) => (
        <i key={tick.at} className="u-tick" style={{ left: `${tick.at}%` }} />
      ))}
      {axis.gaps.map((gap) => (
        <i key={gap.at} className="u-gap" style={{ left: `${gap.at}%`, width: `${gap.width}%` }} />
      ))}
      {waits.map((wait) => (
        <i key={wait.start} className="u-wait" style={placeOn(axis, wait)} />
      ))}
    </>
  );
}

/** @param {{ axis: Axis, span: Span, ms: number }} props */
export function Label({ axis, span, ms }) {
  const at = axis.x(span.end);
  const start = axis.x(span.start);
  const isLeft = at > LABEL_FITS && start > 100 - LABEL_FITS;
  return (
    <em className={isLeft ? "left" : undefined} style={{ left: `${isLeft ? start : at}%` }}>
      {took(ms)}
    </em>
  );
}

/**
 * The whole run in one line; a click goes to the rows at that time.
 *
 * @param {{ bars: BarSpan[], axis: Axis, waits: WaitSpan[],
 *   onPick: (percent: number) => void }} props
 */
export function Overview({ bars, axis, waits, onPick }) {
  const every = Math.ceil(bars.length / 600) || 1;
  return (
    <div
      className="overview"
      aria-hidden
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        onPick(((event.clientX - box.left) / box.width) * 100);
      }}
    >
      {bars
        .filter((_, at) => at % every === 0)
        .map((bar) => (
          <i
            key={`${bar.kind}${bar.start}`}
            className={`k-${bar.kind}`}
            style={placeOn(axis, bar)}
          />
        ))}
      {waits.map((wait) => (
        <i key={wait.start} className="k-wait" style={placeOn(axis, wait)} />
      ))}
    </div>
  );
}
