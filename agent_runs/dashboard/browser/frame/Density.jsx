// The choice between comfortable and compact.
import { useSyncExternalStore } from "react";
import { currentDensity, setDensity, subscribe } from "./density.js";

/** @import { Density } from "./density.js" */
/** @type {[Density, string][]} */
const CHOICES = [
  ["comfortable", "Comfortable"],
  ["compact", "Compact"],
];

/** @returns {Density} */
export const useDensity = () =>
  useSyncExternalStore(subscribe, currentDensity, () => "comfortable");

export function DensityChoice() {
  const density = useDensity();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row
    <div role="group" aria-label="Density" className="seg">
      {CHOICES.map(([name, label]) => (
        <button
          key={name}
          type="button"
          aria-pressed={density === name}
          onClick={() => setDensity(name)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
