// The browser's storage for tests, in memory or closed as in a private window.

/** @param {Map<string, string>} [texts] */
export const storageOf = (texts = new Map()) => ({
  getItem: (/** @type {string} */ key) => texts.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ text) => void texts.set(key, text),
  removeItem: (/** @type {string} */ key) => void texts.delete(key),
});

const refuse = () => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};
export const CLOSED = { getItem: refuse, setItem: refuse, removeItem: refuse };

/**
 * Give the code under test a global of the browser.
 *
 * @param {"localStorage" | "document" | "window"} name
 * @param {unknown} value
 */
export function provide(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
