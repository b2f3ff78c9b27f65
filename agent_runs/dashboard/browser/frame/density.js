// How much room things take on this device. `assets/density.js` applies the choice before the first
// paint; this changes it.

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
    // it then lasts as long as the page
  }
  for (const tell of listeners) tell();
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
