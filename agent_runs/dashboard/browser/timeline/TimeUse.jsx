// Where the time of a run went: the shares, and the longest single pieces.
import { took } from "../text/times.js";

/** @import { phases } from "./phases.js" */
/** @import { ShortEntry, WaitSpan } from "./spans.js" */

/**
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => number} length
 * @returns {T | undefined}
 */
const longestOf = (items, length) =>
  items.toSorted((one, other) => length(other) - length(one)).find((item) => length(item) > 0);

/**
 * @param {{ used: ReturnType<typeof phases>, waits: WaitSpan[], entries: ShortEntry[],
 *   onStep: (event: React.MouseEvent, seq: number) => void }} props
 */
export function TimeUse({ used, waits, entries, onStep }) {
  const sum = used.model + used.tools + used.waiting || 1;
  const parts = [
    { name: "Model", hue: "violet", ms: used.model },
    { name: "Tools", hue: "blue", ms: used.tools },
    { name: "Waiting for you", hue: "amber", ms: used.waiting },
  ];
  return (
    <aside className="card side" aria-label="Where the time went">
      <section>
        <h2>Where the time went</h2>
        <div className="meter">
          {parts
            .filter((part) => part.ms > 0)
            .map(({ name, hue, ms }) => {
              const width = `${(ms / sum) * 100}%`;
              return <i key={name} style={{ width, background: `var(--${hue}-9)` }} />;
            })}
        </div>
        <dl className="kv sm">
          {parts.map(({ name, hue, ms }) => (
            <Fact key={name} name={<Key hue={hue}>{name}</Key>}>
              {`${took(ms)}, ${Math.round((ms / sum) * 100)}%`}
            </Fact>
          ))}
          {used.idle >= 1000 && (
            <Fact name={<Key>Between turns, not counted</Key>}>{took(used.idle)}</Fact>
          )}
          <Longest waits={waits} entries={entries} onStep={onStep} />
        </dl>
      </section>
    </aside>
  );
}

/**
 * @param {{ waits: WaitSpan[], entries: ShortEntry[],
 *   onStep: (event: React.MouseEvent, seq: number) => void }} props
 */
function Longest({ waits, entries, onStep }) {
  const slowest = longestOf(entries, (entry) => entry.duration_ms ?? 0);
  const wait = longestOf(waits, ({ start, end }) => end - start);
  const call =
    wait &&
    entries.find(
      (entry) => entry.tool_name && entry.start <= wait.start && entry.end >= wait.end - 50,
    );
  const link = (/** @type {number} */ seq, /** @type {number} */ ms) => (
    <a className="link" href={`?step=${seq}`} onClick={(event) => onStep(event, seq)}>
      {took(ms)}, step {seq}
    </a>
  );
  return (
    <>
      {slowest && (
        <Fact name="Longest tool call">{link(slowest.seq, slowest.duration_ms ?? 0)}</Fact>
      )}
      {wait && (
        <Fact name="Longest wait">
          {call ? link(call.seq, wait.end - wait.start) : took(wait.end - wait.start)}
        </Fact>
      )}
    </>
  );
}

/** @param {{ hue?: string, children: string }} props */
const Key = ({ hue = "", children }) => (
  <span className="key">
    <span className={`dot ${hue}`} />
    {children}
  </span>
);

/** @param {{ name: React.ReactNode, children: React.ReactNode }} props */
const Fact = ({ name, children }) => (
  <>
    <dt>{name}</dt>
    <dd className="num">{children}</dd>
  </>
);
