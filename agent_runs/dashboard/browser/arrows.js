// Keys that move through a list.

/**
 * Where an arrow key leads: 1 down, -1 up, 0 for any other key.
 *
 * @param {string} key
 */
export const stepOf = (key) => (key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0);
