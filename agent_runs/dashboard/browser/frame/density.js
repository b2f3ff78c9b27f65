// How much space things take in this browser. `assets/density.js` applies the choice before the
// first paint; this module changes it.

/** @typedef {"comfortable" | "compact"} Density */

const KEY = "agent_runs_density";
/** @type {Set<() => void>} */
const listeners = new Set();

export const currentDensity = () =>
  document.documentElement.dataset.density === "compact" ? "compact" : "comfortable";

/** @param {string} density */
export function setDensity(density) {
  document.documentElement.dataset.density = density;
  try {
    localStorage.setItem(KEY, density);
  } catch {
    // the choice then lasts as long as the page
  }
  for (const listener of listeners) listener();
}

/** @param {() => void} listener */
export function subscribe(listener) {
  const onStorage = (/** @type {StorageEvent} */ event) => {
    if (event.key === KEY && event.newValue) setDensity(event.newValue);
  };
  listeners.add(listener);
  window.addEventListener("storage", onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", onStorage);
  };
}
