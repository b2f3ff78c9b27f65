// The changed files by folder.
import { Folder } from "lucide-react";
import { clean } from "../reading.js";
import { Stat } from "../text/DiffLines.jsx";
import { anchorOf, lookOf } from "./FileDiff.jsx";
import { treeOf } from "./tree.js";

/** @import { DiffFile } from "../shapes.d.ts" */
/** @import { TreeFile } from "./tree.js" */

/**
 * @param {{ files: DiffFile[], chosen: number,
 *   onPick: (event: React.MouseEvent, at: number) => void }} props
 */
export function FileTree({ files, chosen, onPick }) {
  return (
    <ul className="tree">
      {treeOf(files).map(({ folder, file, depth }, at) => {
        const style = { paddingLeft: 16 + depth * 14 };
        if (file) {
          return (
            <li key={`file${file.at}`}>
              <a
                href={`#${anchorOf(file.at)}`}
                className="flexrow sm"
                style={style}
                aria-current={chosen === file.at || undefined}
                onClick={(event) => onPick(event, file.at)}
              >
                <File file={file} />
              </a>
            </li>
          );
        }
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: several folders can have one name
          <li key={`folder${at}${folder}`} className="flexrow sm mut" style={style}>
            <Folder size={14} aria-hidden />
            <span className="cut mono">{clean(folder)}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** @param {{ file: TreeFile }} props */
function File({ file }) {
  const { Icon, hue, word } = lookOf(file);
  return (
    <>
      <Icon size={14} className={hue} aria-label={word} />
      <span className="cut mono" title={clean(file.path)}>
        {clean(file.name)}
      </span>
      <span className="end">
        <Stat added={file.added} removed={file.removed} />
      </span>
    </>
  );
}
