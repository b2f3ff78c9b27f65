// The diff of one file.
import { ChevronDown, ChevronRight, FileMinus, FilePen, FilePlus, FileSymlink } from "lucide-react";
import { clean } from "../reading.js";
import { CopyButton } from "../text/CopyButton.jsx";
import { DiffLines, Stat } from "../text/DiffLines.jsx";

/** @import { DiffFile } from "../shapes.d.ts" */

const LOOKS = {
  added: { Icon: FilePlus, hue: "green", word: "Added" },
  deleted: { Icon: FileMinus, hue: "red", word: "Deleted" },
  renamed: { Icon: FileSymlink, hue: "blue", word: "Renamed" },
  modified: { Icon: FilePen, hue: "amber", word: "Modified" },
};

/** @param {DiffFile} file */
export const lookOf = (file) => LOOKS[file.status] ?? LOOKS.modified;

/** @param {number} at */
export const anchorOf = (at) => `file-${at}`;

/**
 * @param {{ file: DiffFile, diff: string, at: number, open: boolean,
 *   onToggle: () => void }} props
 */
export function FileDiff({ file, diff, at, open, onToggle }) {
  const Chevron = open ? ChevronDown : ChevronRight;
  const path = clean(file.path);
  return (
    <section id={anchorOf(at)} className="body file" aria-label={path}>
      <div className="bar">
        <button
          type="button"
          className="btn ghost s1 ic"
          aria-expanded={open}
          aria-label={`${open ? "Collapse" : "Expand"} ${path}`}
          onClick={onToggle}
        >
          <Chevron size={14} aria-hidden />
        </button>
        <span className="cut mono" title={path}>
          {path}
        </span>
        {file.status !== "modified" && <span className="badge">{lookOf(file).word}</span>}
        <span className="end flexrow">
          <Stat added={file.added} removed={file.removed} />
          <CopyButton text={diff} label="Copy this diff" />
        </span>
      </div>
      {open && <Content file={file} diff={diff} />}
    </section>
  );
}

/** @param {{ file: DiffFile, diff: string }} props */
function Content({ file, diff }) {
  if (/^@@ /m.test(diff)) return <DiffLines unified={diff} />;
  return (
    <p className="sm mut" style={{ padding: "8px 12px" }}>
      {whyEmpty(file, diff)}
    </p>
  );
}

/**
 * @param {DiffFile} file
 * @param {string} diff
 */
function whyEmpty(file, diff) {
  if (/^(Binary files |GIT binary patch)/m.test(diff)) {
    return "This is a binary file: there is no text to compare.";
  }
  return file.status === "renamed" ? "Renamed without other changes." : "No lines changed.";
}
