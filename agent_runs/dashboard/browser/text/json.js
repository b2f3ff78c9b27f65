// The parts of a JSON text that are coloured.

const TOKEN = new RegExp(
  [
    '("(?:\\\\.|[^"\\\\])*")(\\s*:)?',
    "\\b(true|false|null)\\b",
    "-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?",
  ].join("|"),
  "g",
);

/**
 * @param {string} text
 * @returns {{ kind: "" | "key" | "str" | "lit" | "num", text: string }[]} together the text
 */
export function jsonParts(text) {
  /** @type {ReturnType<typeof jsonParts>} */
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, literal] = match;
    parts.push({ kind: "", text: text.slice(last, match.index) });
    const kind = colon ? "key" : string ? "str" : literal ? "lit" : "num";
    parts.push({ kind, text: string ?? whole }, { kind: "", text: colon ?? "" });
    last = match.index + whole.length;
  }
  parts.push({ kind: "", text: text.slice(last) });
  return parts.filter((part) => part.text !== "");
}
