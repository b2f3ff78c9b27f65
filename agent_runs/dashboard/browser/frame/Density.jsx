// How much room things take on this device: comfortable or compact. `assets/density.js` applies the
// choice before the first paint; this changes it.
import { useSyncExternalStore } from "react";

const KEY = "agent_runs_density";
const listeners = new Set();

export const currentDensity = () => document.documentElement.dataset.density || "comfortable";

export function setDensity(density) {
  document.documentElement.dataset.density = density;
  try {
    localStorage.setItem(KEY, density);
  } catch {
    /* it then lasts as long as the page */
  }
  listeners.forEach((call) => call());
}

function subscribe(listener) {
  const onStorage = (event) => {
    if (event.key === KEY && event.newValue) setDensity(event.newValue);
  };
  listeners.add(listener);
  window.addEventListener("storage", onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", onStorage);
  };
}

export const useDensity = () =>
  useSyncExternalStore(subscribe, currentDensity, () => "comfortable");

export function DensityChoice() {
  const density = useDensity();
  return (
    <div role="group" aria-label="Density" className="seg">
      {["comfortable", "compact"].map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={density === each}
          onClick={() => setDensity(each)}
        >
          {each[0].toUpperCase() + each.slice(1)}
        </button>
      ))}
    </div>
  );
}
