// The dot of a status, by the rule of Python's `reading/status.py`.

/** @type {Record<string, string>} */
const DOTS = { PENDING: "ring", ACTIVE: "blue pulse" };

/** The statuses of runs that work: what the filter "Running" lets through. */
export const RUNNING = ["ACTIVE", "EVALUATION"];

/**
 * The CSS classes of a dot.
 *
 * @param {string} status
 * @param {string} tone
 */
export const dotOf = (status, tone) => DOTS[status] ?? (tone === "neutral" ? "" : tone);
