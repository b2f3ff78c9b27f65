// Chosen or dropped files.

const OURS = /\.(jsonl|ndjson)$/i;

/**
 * The files of a folder that can be imported, sorted by path.
 *
 * @param {readonly File[]} files
 */
export const fromFolder = (files) =>
  files
    .filter((file) => OURS.test(file.name))
    .toSorted((one, other) => pathOf(one).localeCompare(pathOf(other), "en", { numeric: true }));

/** @param {File} file */
export const pathOf = (file) => file.webkitRelativePath || file.name;

/**
 * The dropped files; of dropped folders, only the files that can be imported.
 *
 * @param {DataTransfer | null} transfer
 */
export async function filesOf(transfer) {
  const entries = [...(transfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  if (!entries.some((entry) => entry.isDirectory)) return [...(transfer?.files ?? [])];
  const files = await Promise.all(entries.map((entry) => filesWithin(entry, true)));
  return files.flat();
}

/**
 * @param {FileSystemEntry} entry
 * @param {boolean} wasChosen whether it was dropped itself, not as part of a folder
 * @returns {Promise<File[]>}
 */
async function filesWithin(entry, wasChosen) {
  if (entry.isFile) {
    const file = await readFile(/** @type {FileSystemFileEntry} */ (entry));
    if (!file) return [];
    return wasChosen ? [file] : fromFolder([file]);
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {File[]} */
  const files = [];
  // The reader returns a hundred at a time, and none at the end.
  for (;;) {
    const part = await readPart(reader);
    if (!part.length) return files;
    for (const inner of part) files.push(...(await filesWithin(inner, false)));
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File | null>} null when it cannot be read
 */
const readFile = (entry) => new Promise((resolve) => entry.file(resolve, () => resolve(null)));

/**
 * @param {FileSystemDirectoryReader} reader
 * @returns {Promise<FileSystemEntry[]>}
 */
const readPart = (reader) =>
  new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
