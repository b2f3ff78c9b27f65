// What an entry is: a message or a tool call, and of which kind of tool.

import { clean, kindWord } from "../reading.js";

/** @import { Entry } from "../shapes.d.ts" */
/** @typedef {"edit" | "search" | "read" | "run" | "tool"} ToolKind */

/** @type {[ToolKind, RegExp][]} */
const TOOL_KINDS = [
  ["edit", /edit|write|patch|create|replace|delete|move/i],
  ["search", /search|grep|glob|find|list|^ls$/i],
  ["read", /read|view|cat|open|fetch/i],
  ["run", /bash|shell|run|exec|terminal|command/i],
];

/**
 * What a tool does, judging by its name.
 *
 * @param {string} tool
 * @returns {ToolKind}
 */
export const kindOf = (tool) => TOOL_KINDS.find(([, names]) => names.test(tool))?.[0] ?? "tool";

/**
 * What an entry is called: its tool or its kind.
 *
 * @param {{ message_type: string, tool_name?: string | null }} entry
 */
export function nameOf({ message_type: type, tool_name: tool }) {
  const isCall = tool && type !== "ERROR" && type !== "PLAN_EVALUATION";
  return clean(isCall ? tool : kindWord(type));
}

/** @param {Pick<Entry, "message_type">} entry */
export const isMessage = ({ message_type: type }) =>
  type === "USER_MESSAGE" || type === "FINAL_ANSWER";

/**
 * The code that a command ended with.
 *
 * @param {Pick<Entry, "tool_output">} entry
 */
export function exitCodeOf({ tool_output: output }) {
  return typeof output?.exit_code === "number" ? output.exit_code : null;
}

/**
 * The files that a tool call changed.
 *
 * @param {Pick<Entry, "tool_output">} entry
 * @returns {{ path: unknown, unified: string }[]}
 */
export function diffsOf({ tool_output: output }) {
  const diffs = Array.isArray(output?.diffs) ? output.diffs : [];
  return diffs.filter((diff) => typeof diff?.unified === "string");
}
