// The filters above a log, each with how many entries it shows.
import { clean } from "../reading.js";

/** @import { LogCounts } from "../shapes.d.ts" */
/** @typedef {{ key: string, name: string, filter: string, size: number }} Chip */

const MOST_TOOLS = 12;

/**
 * The filters to choose from, without those that would show nothing.
 *
 * @param {Partial<LogCounts>} counts
 * @param {number} total
 * @returns {Chip[]}
 */
export function chipsOf({ message_type: types = {}, tool_name: tools = {}, failed = 0 }, total) {
  const of = (/** @type {string} */ type) => types[type] ?? 0;
  const kinds = [
    { key: "errors", name: "Errors", filter: "failed=true", size: failed },
    {
      key: "messages",
      name: "Messages",
      filter: "message_type=USER_MESSAGE&message_type=FINAL_ANSWER",
      size: of("USER_MESSAGE") + of("FINAL_ANSWER"),
    },
    {
      key: "plans",
      name: "Plans",
      filter: "message_type=PLAN_EVALUATION",
      size: of("PLAN_EVALUATION"),
    },
  ];
  const busiest = Object.entries(tools).sort((one, other) => other[1] - one[1]);
  return [
    { key: "all", name: "All", filter: "", size: total },
    ...kinds.filter((kind) => kind.size > 0),
    ...busiest.slice(0, MOST_TOOLS).map(([tool, size]) => ({
      key: `tool:${tool}`,
      name: clean(tool),
      filter: new URLSearchParams({ tool_name: tool }).toString(),
      size,
    })),
  ];
}
