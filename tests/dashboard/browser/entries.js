// Entries of a log, as short as a test needs them.

/** @import { Entry } from "../../../agent_runs/dashboard/browser/shapes.d.ts" */

/**
 * @param {number} seq
 * @param {Partial<Entry>} [more]
 * @returns {Entry}
 */
export const entry = (seq, more = {}) => ({
  agent_run_id: 1,
  created_at: new Date(seq * 1000).toISOString(),
  message_type: "ACTION",
  seq,
  turn: 1,
  failed: false,
  ...more,
});

/**
 * @param {number} seq
 * @param {string} tool
 * @param {Record<string, unknown>} input
 * @param {Partial<Entry>} [more]
 */
export const call = (seq, tool, input = {}, more = {}) =>
  entry(seq, { tool_name: tool, tool_input: input, ...more });
