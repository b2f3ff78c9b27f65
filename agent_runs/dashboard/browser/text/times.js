// Times of ticking clocks, in few letters.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * How long ago something was.
 *
 * @param {number} at milliseconds
 * @param {number} now milliseconds
 */
export function ago(at, now) {
  const seconds = Math.max(0, (now - at) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < MINUTE) return `${Math.floor(seconds / 10) * 10} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  if (seconds >= 30 * DAY) return new Date(at).toLocaleDateString();
  const days = Math.floor(seconds / DAY);
  return `${days} day${days === 1 ? "" : "s"} ago`;
}

/**
 * A time that still runs, to the second.
 *
 * @param {number} milliseconds
 */
export function elapsed(milliseconds) {
  // Rounded down: a second that is not over must not show.
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (/** @type {number} */ number) => String(Math.floor(number)).padStart(2, "0");
  if (seconds < MINUTE) return `${seconds}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m ${two(seconds % MINUTE)}s`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}h ${two((seconds / MINUTE) % MINUTE)}m`;
  return `${Math.floor(seconds / DAY)}d ${two((seconds / HOUR) % 24)}h`;
}

/**
 * A time that has ended, to the tenth of a second if it is short: `brief_duration` of Python's
 * `reading/amounts.py`. It is rounded down, so it continues what the clock showed.
 *
 * @param {number} milliseconds
 */
export const took = (milliseconds) =>
  milliseconds < 10_000
    ? `${(Math.floor(milliseconds / 100) / 10).toFixed(1)}s`
    : elapsed(milliseconds);
