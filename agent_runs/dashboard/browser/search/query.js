// What the page has to understand of a search query.

/**
 * Half a term is not a mistake yet.
 *
 * @param {string} query
 */
export const isHalfTyped = (query) => /(^|\s)-?[a-z]+:$|(^|\s)-$|\bOR$/i.test(query);

/**
 * The words of a query without its fields.
 *
 * @param {string} query
 * @param {readonly string[]} names of fields
 */
export function withoutFields(query, names) {
  if (!names.length) return query;
  const terms = new RegExp(`(^|\\s)-?(?:${names.join("|")}):(?:"[^"]*"|[^\\s"])*`, "gi");
  return query.replace(terms, " ").trim().replace(/\s+/g, " ");
}

/**
 * A query in three pieces; the middle one is the term that is wrong.
 *
 * @param {string} query
 * @param {number} position in code points, as the API counts
 */
export function atMistake(query, position) {
  const letters = Array.from(query);
  const rest = letters.slice(position);
  const space = rest.findIndex((letter) => /\s/.test(letter));
  const length = Math.max(1, space < 0 ? rest.length : space);
  return {
    before: letters.slice(0, position).join(""),
    term: rest.slice(0, length).join(""),
    after: rest.slice(length).join(""),
  };
}
