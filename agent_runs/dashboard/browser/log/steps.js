// Steps to jump to: errors, and the beginning of a turn.
import { getJson } from "../api.js";

/** @import { LogPage } from "../shapes.d.ts" */

const PAGE = 100;
const MOST_READ = 2000;

/**
 * The next of the failed steps, as seen from `from`. The first one follows the last.
 *
 * @param {readonly number[]} failed in order
 * @param {number} from
 * @param {boolean} back towards the beginning
 * @returns {number | undefined}
 */
export function nextFailed(failed, from, back) {
  if (back) return failed.findLast((seq) => seq < from) ?? failed.at(-1);
  return failed.find((seq) => seq > from) ?? failed[0];
}

/**
 * Ask the API for the next failed step.
 *
 * @param {number} runId
 * @param {number} from
 * @param {boolean} back
 */
export async function readNextFailed(runId, from, back) {
  /** @type {number[]} */
  const failed = [];
  for (let skip = 0; skip < MOST_READ; skip += PAGE) {
    /** @type {LogPage} */
    const page = await getJson(`/agent_runs/${runId}/logs?failed=true&limit=${PAGE}&skip=${skip}`);
    failed.push(...page.logs.map((entry) => entry.seq));
    const hasNext = !back && (failed.at(-1) ?? -1) > from;
    if (hasNext || skip + PAGE >= page.total_logs) break;
  }
  return nextFailed(failed, from, back);
}

/**
 * @param {number} runId
 * @param {number} turn
 * @returns {Promise<number | undefined>} undefined while it has no entry
 */
export async function readFirstOfTurn(runId, turn) {
  /** @type {LogPage} */
  const { logs } = await getJson(`/agent_runs/${runId}/logs?turn=${turn}&limit=1`);
  return logs[0]?.seq;
}
