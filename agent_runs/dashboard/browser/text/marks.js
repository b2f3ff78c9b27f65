// Where the searched words are in a text.

const MOST_PIECES = 600;

/**
 * The text in pieces: the places of `words`, in upper or lower case, and what is between them.
 *
 * @param {string} text
 * @param {string} words
 * @returns {[piece: string, isHit: boolean][]} together they are the text
 */
export function pieces(text, words) {
  const hay = text.toLowerCase();
  const needle = words.toLowerCase();
  // In some languages a letter changes its length with its case, so places would be wrong.
  if (!needle || !text || hay.length !== text.length) return [[text, false]];
  /** @type {[string, boolean][]} */
  const parts = [];
  let last = 0;
  let at = hay.indexOf(needle);
  while (at >= 0 && parts.length < MOST_PIECES) {
    if (at > last) parts.push([text.slice(last, at), false]);
    last = at + needle.length;
    parts.push([text.slice(at, last), true]);
    at = hay.indexOf(needle, last);
  }
  if (last < text.length) parts.push([text.slice(last), false]);
  return parts;
}

/**
 * @typedef {{ type: string, value?: string, children?: Node[], tagName?: string,
 *   properties?: object }} Node
 */

/**
 * Mark `words` in Markdown: a plugin of rehype.
 *
 * @param {string} words
 */
export function markText(words) {
  const walk = (/** @type {Node} */ node) => {
    node.children = node.children?.flatMap((child) => {
      if (child.type === "text") return pieces(child.value ?? "", words).map(textOrMark);
      walk(child);
      return [child];
    });
  };
  return () => walk;
}

/**
 * @param {[string, boolean]} piece
 * @returns {Node}
 */
function textOrMark([value, isHit]) {
  const text = { type: "text", value };
  return isHit ? { type: "element", tagName: "mark", properties: {}, children: [text] } : text;
}
