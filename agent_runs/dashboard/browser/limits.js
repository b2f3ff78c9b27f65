// Limits of the API, which are settings of it.
import { getJson } from "./api.js";

/** @import { Setting } from "./shapes.d.ts" */

/**
 * Read limits by the names of their settings. Nobody should send ten gigabytes only to have them
 * refused. We do not wait long, because the API checks its limits too: one that cannot be read
 * stays as it was given here.
 *
 * @template {Record<string, number>} Limits
 * @param {Limits} limits
 * @returns {Promise<Limits>}
 */
export async function readLimits(limits) {
  try {
    /** @type {{ items: Setting[] }} */
    const { items } = await getJson("/settings", AbortSignal.timeout(3000));
    const numbers = items.filter(({ name, value }) => name in limits && typeof value === "number");
    return { ...limits, ...Object.fromEntries(numbers.map(({ name, value }) => [name, value])) };
  } catch {
    return limits;
  }
}
