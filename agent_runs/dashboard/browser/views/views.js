// Saved views: a filter of the list of runs, or a search.

/** @import { SavedView } from "../shapes.d.ts" */

// What of the address of the list is a filter, and not the way it is shown.
const FILTERS = [
  "status",
  "agent",
  "source",
  "repo",
  "q",
  "since",
  "until",
  "archived",
  "mode",
  "tool",
  "failed_tool",
  "error",
  "measured",
];

/**
 * Where a view is shown.
 *
 * @param {Pick<SavedView, "kind" | "query">} view
 */
export const addressOf = ({ kind, query }) =>
  kind === "search" ? `/search?${new URLSearchParams({ q: query })}` : `/?${query}`;

/**
 * What a page shows now, as a view of its kind is kept.
 *
 * @param {string} kind
 * @param {string} search parameters of the page's address
 */
export function presentQuery(kind, search) {
  const params = new URLSearchParams(search);
  if (kind === "search") return (params.get("q") ?? "").trim();
  const kept = FILTERS.flatMap((name) => {
    const value = params.get(name);
    return value ? [[name, value]] : [];
  });
  return new URLSearchParams(kept).toString().replaceAll("%2C", ",");
}
