// Saved views: a filter of the list of runs, or a search.

/** @import { SavedView } from "../shapes.d.ts" */

// The parameters of the list's address that are filters; others say how the list is shown.
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
 * The address of a view.
 *
 * @param {Pick<SavedView, "kind" | "query">} view
 */
export const addressOf = ({ kind, query }) =>
  kind === "search" ? `/search?${new URLSearchParams({ q: query })}` : `/?${query}`;

/**
 * What a page shows now, in the form in which views of its kind are stored.
 *
 * @param {string} kind
 * @param {string} search parameters of the page's address
 */
export function presentQuery(kind, search) {
  const params = new URLSearchParams(search);
  if (kind === "search") return (params.get("q") ?? "").trim();
  const filters = FILTERS.flatMap((name) => {
    const value = params.get(name);
    return value ? [[name, value]] : [];
  });
  return new URLSearchParams(filters).toString().replaceAll("%2C", ",");
}
