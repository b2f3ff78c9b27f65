// The address of the page, changed without going anywhere.

/**
 * An address with changed parameters.
 *
 * @param {string} address
 * @param {Record<string, string>} changes an empty value removes the parameter
 */
export function addressWith(address, changes) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.href;
}

/** @param {Record<string, string>} changes */
export function setInAddress(changes) {
  const address = addressWith(location.href, changes);
  if (address !== location.href) history.replaceState(history.state, "", address);
}
