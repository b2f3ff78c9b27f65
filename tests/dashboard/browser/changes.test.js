import assert from "node:assert/strict";
import { test } from "node:test";
import {
  filesOfDiff,
  pathOfDiff,
  treeOf,
} from "../../../agent_runs/dashboard/browser/changes/tree.js";
import { always } from "./chance.js";

const file = (/** @type {string} */ path) => ({
  path,
  added: 1,
  removed: 0,
  status: /** @type {const} */ ("modified"),
});
const shown = (/** @type {string[]} */ paths) =>
  treeOf(paths.map(file)).map((line) => "  ".repeat(line.depth) + (line.folder ?? line.file?.name));

test("files are below their folders, folders first, both by name", () => {
  assert.deepEqual(shown(["b.py", "src/z.py", "a.py", "src/inner/x.py"]), [
    "src",
    "  inner",
    "    x.py",
    "  z.py",
    "a.py",
    "b.py",
  ]);
});

test("a folder that holds nothing but one folder shares its line", () => {
  assert.deepEqual(shown(["a/b/c/one.py", "a/b/c/two.py"]), ["a/b/c", "  one.py", "  two.py"]);
});

test("every file is in the tree once and knows its place in the diff", () => {
  always((chance) => {
    const paths = [
      ...new Set(
        chance.list(20, () => {
          const folders = chance.list(3, () => chance.of(["a", "b"]));
          return [...folders, `${chance.upTo(30)}.py`].join("/");
        }),
      ),
    ];
    const files = treeOf(paths.map(file)).flatMap((line) => line.file ?? []);
    assert.equal(files.length, paths.length);
    for (const each of files) assert.equal(paths[each.at], each.path);
  });
});

test("a diff is parted where a file begins, not where a line says so", () => {
  const one = "diff --git a/x b/x\n@@ -1 +1 @@\n-diff --git a/no b/no\n+it\n";
  const two = 'diff --git "a/y z" "b/y z"\n';
  assert.deepEqual(filesOfDiff(one + two), [one, two]);
  assert.deepEqual(filesOfDiff(""), []);
});

test("a file of which only the diff is known has the path that is in it", () => {
  assert.equal(pathOfDiff("diff --git a/src/x.py b/src/x.py\n"), "src/x.py");
  assert.equal(pathOfDiff('diff --git "a/y z" "b/y z"\n'), "y z");
});
