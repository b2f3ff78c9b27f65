// Text that is not sent yet, saved in the browser.

/** @param {string} key */
export function readDraft(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // a private window has no drafts
  }
}

/**
 * @param {string} key
 * @param {string} text
 */
export function keepDraft(key, text) {
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  } catch {
    // a private window
  }
}
