// The title and the icon of a browser tab, with the numbers of waiting and running runs.

/**
 * @param {string} title
 * @param {number} running
 * @param {number} waiting
 */
export function titleOf(title, running, waiting) {
  const marks = [waiting && `${waiting} waiting`, running && `${running} running`].filter(Boolean);
  return `${marks.length ? `(${marks.join(", ")}) ` : ""}${title} · Agent runs`;
}

/**
 * @param {number} running
 * @param {number} waiting matters more: if there are any, this number is shown
 */
export function iconOf(running, waiting) {
  const badge = waiting
    ? badgeOf(waiting, "#f5a700", "#1c2024")
    : badgeOf(running, "#30a46c", "#fff");
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
    '<rect width="32" height="32" rx="7" fill="#3e63dd"/>' +
    '<path d="m8 11 5 5-5 5M16 22h8" stroke="#fff" stroke-width="2.5" fill="none" ' +
    `stroke-linecap="round" stroke-linejoin="round"/>${badge}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/**
 * @param {number} count
 * @param {string} fill
 * @param {string} ink
 */
function badgeOf(count, fill, ink) {
  if (!count) return "";
  const text = String(Math.min(count, 99));
  return (
    `<circle cx="22" cy="10" r="10" fill="${fill}"/>` +
    '<text x="22" y="14.5" font-family="sans-serif" font-weight="700" ' +
    `font-size="${text.length > 1 ? 11 : 13}" text-anchor="middle" fill="${ink}">${text}</text>`
  );
}
