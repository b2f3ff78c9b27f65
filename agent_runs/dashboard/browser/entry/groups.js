// Folds consecutive entries into one line: "Read 14 files", "pytest ×4".
import { clean, targetOf } from "../reading.js";
import { kindOf } from "./kinds.js";

/**
 * @typedef {object} Groupable the fields of an entry that matter here
 * @property {number} seq
 * @property {number} turn
 * @property {string} message_type
 * @property {boolean} failed
 * @property {unknown} [thought]
 * @property {string | null} [tool_name]
 * @property {Record<string, unknown> | null} [tool_input]
 * @property {number | null} [duration_ms]
 */

/**
 * @typedef {object} Group
 * @property {number} first the entry it begins with
 * @property {number} last
 * @property {boolean} same whether one call was made over and over
 * @property {Partial<Record<ReturnType<typeof kindOf>, number>>} kinds how many calls of each kind
 * @property {number} calls
 * @property {string} tool
 * @property {string[]} targets what the calls were about, each once
 * @property {number} ms how long the calls took together
 */

/** @param {Groupable} entry */
const isLook = (entry) => ["read", "search"].includes(kindOf(entry.tool_name ?? ""));

/** @param {Groupable} entry */
const callOf = (entry) => `${entry.tool_name} ${JSON.stringify(entry.tool_input)}`;

/** @param {Groupable} entry */
const isPlan = (entry) => entry.message_type === "PLAN_EVALUATION";

/** @param {Groupable} entry */
const isGoodCall = (entry) => entry.message_type === "ACTION" && entry.tool_name && !entry.failed;

/**
 * Find the groups among consecutive entries.
 *
 * @param {readonly Groupable[]} entries
 * @returns {(Group | null)[]} one per entry; entries of one group have the same object
 */
export function fold(entries) {
  /** @type {(Group | null)[]} */
  const groups = new Array(entries.length).fill(null);
  let at = 0;
  while (at < entries.length) {
    const { calls, same, end } = callsFrom(entries, at);
    if (calls.length > 1) groups.fill(groupOf(calls, same, entries[end - 1].seq), at, end);
    at = end;
  }
  return groups;
}

/**
 * The calls from `start` on that belong together, and where the next may begin.
 *
 * @param {readonly Groupable[]} entries
 * @param {number} start
 */
function callsFrom(entries, start) {
  const first = entries[start];
  const alone = { calls: [first], same: false, end: start + 1 };
  if (!isGoodCall(first)) return alone;
  const call = callOf(first);
  const repeated = reach(entries, start, (entry) => callOf(entry) === call);
  // Looking at a file twice is not worth a mention; running a command twice is.
  const same = repeated.calls.length > (isLook(first) ? 2 : 1);
  if (same) return { ...repeated, same };
  return isLook(first) ? { ...reach(entries, start, isLook), same } : alone;
}

/**
 * The calls of one turn that follow `start` and pass `fits`; plans between them do not matter.
 *
 * @param {readonly Groupable[]} entries
 * @param {number} start
 * @param {(entry: Groupable) => boolean} fits
 */
function reach(entries, start, fits) {
  const calls = [entries[start]];
  let end = start + 1;
  for (let at = end; at < entries.length; at += 1) {
    const entry = entries[at];
    if (isPlan(entry)) continue;
    if (!isGoodCall(entry) || entry.thought || entry.turn !== calls[0].turn || !fits(entry)) break;
    calls.push(entry);
    end = at + 1;
  }
  return { calls, end };
}

/**
 * @param {Groupable[]} calls
 * @param {boolean} same
 * @param {number} last
 * @returns {Group}
 */
function groupOf(calls, same, last) {
  /** @type {Group["kinds"]} */
  const kinds = {};
  for (const { tool_name: tool } of calls) {
    const kind = kindOf(tool ?? "");
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return {
    first: calls[0].seq,
    last,
    same,
    kinds,
    calls: calls.length,
    tool: clean(calls[0].tool_name),
    targets: [...new Set(calls.map((call) => targetOf(call.tool_input)).filter(Boolean))],
    ms: calls.reduce((sum, call) => sum + (call.duration_ms ?? 0), 0),
  };
}

/** @param {number} count */
const times = (count) => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);

/**
 * @param {Pick<Group, "same" | "tool" | "kinds">} group
 */
export function nameOfGroup({ same, tool, kinds }) {
  if (same) return tool;
  const { read = 0, search = 0 } = kinds;
  const files = read === 1 ? "1 file" : `${read} files`;
  if (!search) return `Read ${files}`;
  return read ? `Read ${files}, searched ${times(search)}` : `Searched ${times(search)}`;
}
