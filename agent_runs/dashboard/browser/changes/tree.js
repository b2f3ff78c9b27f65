// The files of a diff as a tree.

/** @import { DiffFile } from "../shapes.d.ts" */
/** @typedef {{ folders: Map<string, Folder>, files: TreeFile[] }} Folder */
/** @typedef {DiffFile & { name: string, at: number }} TreeFile `at` is its place in the diff */
/** @typedef {{ depth: number, folder?: string, file?: TreeFile }} TreeLine */

/**
 * The texts of a diff's files, in the order in which the API lists the files.
 *
 * @param {string} diff
 */
export const filesOfDiff = (diff) =>
  diff.split(/^(?=diff --git )/m).filter((part) => part.startsWith("diff --git "));

/**
 * The path of a file, found in its diff.
 *
 * @param {string} diff
 */
export const pathOfDiff = (diff) => /^diff --git "?a\/(.*?)"? "?b\//.exec(diff)?.[1] ?? "file";

/**
 * Files below their folders. A folder that holds only one folder shares its line.
 *
 * @param {readonly DiffFile[]} files
 * @returns {TreeLine[]}
 */
export function treeOf(files) {
  const root = folder();
  files.forEach((file, at) => {
    const parts = file.path.split("/");
    const name = parts.pop() ?? "";
    let place = root;
    for (const part of parts) {
      const inner = place.folders.get(part) ?? folder();
      place.folders.set(part, inner);
      place = inner;
    }
    place.files.push({ ...file, name, at });
  });
  return linesOf(root, 0);
}

/** @returns {Folder} */
const folder = () => ({ folders: new Map(), files: [] });

/**
 * @param {Folder} place
 * @param {number} depth
 * @returns {TreeLine[]}
 */
function linesOf({ folders, files }, depth) {
  const inner = [...folders].sort((one, other) => one[0].localeCompare(other[0]));
  return [
    ...inner.flatMap((pair) => {
      const [name, place] = joined(...pair);
      return [{ folder: name, depth }, ...linesOf(place, depth + 1)];
    }),
    ...files
      .toSorted((one, other) => one.name.localeCompare(other.name))
      .map((file) => ({ file, depth })),
  ];
}

/**
 * @param {string} name
 * @param {Folder} place
 * @returns {[string, Folder]}
 */
function joined(name, place) {
  if (place.files.length > 0 || place.folders.size !== 1) return [name, place];
  const [[next, inner]] = place.folders;
  return joined(`${name}/${next}`, inner);
}
