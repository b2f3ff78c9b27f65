// What an entry is: its kind, its icon, what it worked on, whether it failed, and which entries
// that follow each other are one line ("Read 14 files", "pytest ×4").
import {
  Brain,
  CircleX,
  FileText,
  Files,
  ListChecks,
  MessageSquareText,
  Pencil,
  Repeat2,
  Search,
  Terminal,
  User,
  Wrench,
} from "lucide-react";
import { clean } from "../text/Payload.jsx";

const KINDS = [
  ["edit", /edit|write|patch|create|replace|delete|move/i, Pencil],
  ["search", /search|grep|glob|find|list|^ls$/i, Search],
  ["read", /read|view|cat|open|fetch/i, FileText],
  ["run", /bash|shell|run|exec|terminal|command/i, Terminal],
];
const BAD = new Set(["failed", "error", "rejected"]);

export function isFailed(entry) {
  const output = entry.tool_output ?? {};
  return (
    entry.message_type === "ERROR" ||
    BAD.has(output.status) ||
    (typeof output.exit_code === "number" && output.exit_code !== 0)
  );
}

export const kindOf = (entry) =>
  entry.tool_name ? (KINDS.find(([, name]) => name.test(entry.tool_name))?.[0] ?? "tool") : "";

export const iconOf = (entry) => {
  if (entry.message_type === "USER_MESSAGE") return User;
  if (entry.message_type === "FINAL_ANSWER") return MessageSquareText;
  if (entry.message_type === "ERROR") return CircleX;
  if (entry.message_type === "PLAN_EVALUATION") return ListChecks;
  if (!entry.tool_name) return Brain;
  return KINDS.find(([, name]) => name.test(entry.tool_name))?.[2] ?? Wrench;
};
export const iconOfGroup = (group) => (group.same ? Repeat2 : group.kinds.read ? Files : Search);

export const textOf = (entry) => (typeof entry.observation === "string" ? entry.observation : "");

// Paths inside of a run's own folder are shown as the agent knows them.
const withoutWorkspace = (text) => text.replace(/(^|\s)\/\S*?\/runs\/\d+\/work\/(?=\S)/g, "$1");

export function targetOf(entry) {
  const input = entry.tool_input ?? {};
  for (const name of [
    "command",
    "cmd",
    "file_path",
    "filePath",
    "path",
    "abs_path",
    "pattern",
    "query",
    "url",
    "title",
  ]) {
    const value = input[name];
    if (value)
      return withoutWorkspace(
        clean(Array.isArray(value) ? value.join(" ") : String(value).slice(0, 2000)).replace(
          /\s+/g,
          " ",
        ),
      );
  }
  return "";
}

const isPlan = (entry) => entry.message_type === "PLAN_EVALUATION";
const isCall = (entry) => entry.message_type === "ACTION" && entry.tool_name && !isFailed(entry);
const sameKey = (entry) => `${entry.tool_name} ${JSON.stringify(entry.tool_input)}`;

// How far a run of calls reaches that all pass `fits`; plans between them do not end it.
function reach(entries, start, fits) {
  let last = start;
  const calls = [entries[start]];
  for (let at = start + 1; at < entries.length; at += 1) {
    const entry = entries[at];
    if (isPlan(entry)) continue;
    if (!isCall(entry) || entry.thought || entry.turn !== calls[0].turn || !fits(entry)) break;
    calls.push(entry);
    last = at;
  }
  return { calls, last };
}

// Returns one group or null per entry, the same object for all entries of a group.
export function fold(entries) {
  const groups = new Array(entries.length).fill(null);
  const looks = (entry) => ["read", "search"].includes(kindOf(entry));
  for (let at = 0; at < entries.length; ) {
    const entry = entries[at];
    if (!isCall(entry)) {
      at += 1;
      continue;
    }
    const key = sameKey(entry);
    let found = reach(entries, at, (other) => sameKey(other) === key);
    const same = found.calls.length > 2 || (found.calls.length === 2 && !looks(entry));
    if (!same && looks(entry)) found = reach(entries, at, looks);
    if (found.calls.length < 2) {
      at += 1;
      continue;
    }
    const kinds = {};
    for (const call of found.calls) kinds[kindOf(call)] = (kinds[kindOf(call)] ?? 0) + 1;
    const group = {
      first: entry.seq,
      last: entries[found.last].seq,
      same,
      kinds,
      calls: found.calls.length,
      tool: clean(entry.tool_name),
      targets: [...new Set(found.calls.map(targetOf).filter(Boolean))],
      ms: found.calls.reduce((sum, call) => sum + (call.duration_ms ?? 0), 0),
    };
    groups.fill(group, at, found.last + 1);
    at = found.last + 1;
  }
  return groups;
}

const times = (count) => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);

export function nameOfGroup(group) {
  if (group.same) return group.tool;
  const { read = 0, search = 0 } = group.kinds;
  const files = read === 1 ? "1 file" : `${read} files`;
  if (!search) return `Read ${files}`;
  return read ? `Read ${files}, searched ${times(search)}` : `Searched ${times(search)}`;
}
