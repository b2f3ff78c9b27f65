// The pages that a key goes to after G. A test compares them with the lists for people: `KEYS` of
// Python's `frame/layout.py` and docs/dashboard.md.

/** @type {Record<string, string>} */
export const PAGES = {
  r: "/",
  n: "/new",
  f: "/search",
  y: "/analytics",
  a: "/agents",
  s: "/settings",
};

/**
 * The keys that go to a page, as people read them.
 *
 * @param {string} path
 */
export function keysOf(path) {
  const key = Object.keys(PAGES).find((other) => PAGES[other] === path);
  return key && `G ${key.toUpperCase()}`;
}
