// What a run changed: the files as a tree, and the diff of each.
import { useEffect, useState } from "react";
import {
  ChevronDown,
  ChevronRight,
  Download,
  FileMinus,
  FilePen,
  FilePlus,
  FileSymlink,
  Folder,
} from "lucide-react";
import { getJson } from "../log/Entries.jsx";
import { CopyButton, DiffLines, Stat, clean } from "../text/Payload.jsx";

const LOOKS = {
  added: [FilePlus, "green", "Added"],
  deleted: [FileMinus, "red", "Deleted"],
  renamed: [FileSymlink, "blue", "Renamed"],
  modified: [FilePen, "amber", "Modified"],
};
const MOST_OPEN = 30;

// One text per file of a diff, in the order in which the server lists the files.
const split = (diff) =>
  diff.split(/^(?=diff --git )/m).filter((part) => part.startsWith("diff --git "));
const anchorOf = (at) => `file-${at}`;

// Files by folder; a folder that holds nothing but one folder shares its line.
function treeOf(files) {
  const root = { folders: new Map(), files: [] };
  files.forEach((file, at) => {
    const parts = file.path.split("/"),
      name = parts.pop();
    let node = root;
    for (const part of parts) {
      if (!node.folders.has(part)) node.folders.set(part, { folders: new Map(), files: [] });
      node = node.folders.get(part);
    }
    node.files.push({ ...file, name, at });
  });
  const lines = [];
  const walk = (node, depth) => {
    for (let [name, inner] of [...node.folders].sort((a, b) => a[0].localeCompare(b[0]))) {
      while (inner.files.length === 0 && inner.folders.size === 1) {
        const [[next, deeper]] = inner.folders;
        name = `${name}/${next}`;
        inner = deeper;
      }
      lines.push({ folder: name, depth });
      walk(inner, depth + 1);
    }
    for (const file of [...node.files].sort((a, b) => a.name.localeCompare(b.name)))
      lines.push({ file, depth });
  };
  walk(root, 0);
  return lines;
}

function Tree({ files, chosen, onPick }) {
  return (
    <ul className="tree">
      {treeOf(files).map(({ folder, file, depth }) => {
        const style = { paddingLeft: 16 + depth * 14 };
        if (!file)
          return (
            <li key={`d${depth}${folder}${files.length}`} className="flexrow sm mut" style={style}>
              <Folder size={14} aria-hidden />
              <span className="cut mono">{clean(folder)}</span>
            </li>
          );
        const [Icon, hue, word] = LOOKS[file.status] ?? LOOKS.modified;
        return (
          <li key={file.at}>
            <a
              href={`#${anchorOf(file.at)}`}
              className="flexrow sm"
              style={style}
              aria-current={chosen === file.at || undefined}
              onClick={(event) => onPick(event, file.at)}
            >
              <Icon size={14} className={hue} aria-label={word} />
              <span className="cut mono" title={clean(file.path)}>
                {clean(file.name)}
              </span>
              <span className="end">
                <Stat added={file.added ?? 0} removed={file.removed ?? 0} />
              </span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function FileDiff({ file, text, at, open, onToggle }) {
  const Chevron = open ? ChevronDown : ChevronRight,
    word = (LOOKS[file.status] ?? LOOKS.modified)[2];
  const isBinary = /^(Binary files |GIT binary patch)/m.test(text),
    isEmpty = !/^@@ /m.test(text);
  return (
    <section id={anchorOf(at)} className="body file" aria-label={clean(file.path)}>
      <div className="bar">
        <button
          type="button"
          className="btn ghost s1 ic"
          aria-expanded={open}
          aria-label={`${open ? "Fold" : "Open"} ${clean(file.path)}`}
          onClick={onToggle}
        >
          <Chevron size={14} aria-hidden />
        </button>
        <span className="cut mono" title={clean(file.path)}>
          {clean(file.path)}
        </span>
        {file.status !== "modified" && <span className="badge">{word}</span>}
        <span className="end flexrow">
          <Stat added={file.added ?? 0} removed={file.removed ?? 0} />
          <CopyButton text={text} label="Copy this diff" />
        </span>
      </div>
      {open &&
        (isEmpty ? (
          <p className="sm mut" style={{ padding: "8px 12px" }}>
            {isBinary
              ? "A binary file: there is no text to compare."
              : file.status === "renamed"
                ? "Renamed without a change."
                : "No line changed."}
          </p>
        ) : (
          <DiffLines unified={text} />
        ))}
    </section>
  );
}

export function Changes({ runId, version = 0, active = false }) {
  const [answer, setAnswer] = useState(null);
  const [problem, setProblem] = useState("");
  const [folded, setFolded] = useState(() => new Map());
  const [chosen, setChosen] = useState(-1);
  useEffect(() => {
    setAnswer(null);
    setFolded(new Map());
    setChosen(-1);
  }, [runId]);
  useEffect(() => {
    let gone = false;
    getJson(`${runId}/diff`)
      .then((json) => {
        if (!gone) {
          setAnswer(json);
          setProblem("");
        }
      })
      .catch((error) => {
        if (!gone)
          setProblem(
            error.message ||
              "The changes could not be read; the page tries again when the run goes on.",
          );
      });
    return () => {
      gone = true;
    };
  }, [runId, version]);
  if (problem && !answer)
    return (
      <p role="alert" className="note red">
        {problem}
      </p>
    );
  if (!answer)
    return (
      <div className="changes" aria-hidden>
        <i className="skel" style={{ height: 160 }} />
        <i className="skel" style={{ height: 320 }} />
      </div>
    );
  const parts = split(answer.diff ?? "");
  const files =
    (answer.files ?? []).length === parts.length
      ? answer.files
      : parts.map((text) => ({
          path: /^diff --git "?a\/(.*?)"? "?b\//.exec(text)?.[1] ?? "file",
          status: "modified",
        }));
  if (!files.length)
    return (
      <div className="card blank">
        <h2>No changes</h2>
        <p className="mut">
          {active
            ? "The agent has not changed a file of its workspace so far."
            : "This run has not changed a file of its workspace."}
        </p>
      </div>
    );
  const isOpen = (at) => folded.get(at) ?? at < MOST_OPEN;
  const onPick = (event, at) => {
    event.preventDefault();
    setChosen(at);
    setFolded((old) => new Map(old).set(at, true));
    requestAnimationFrame(() =>
      document.getElementById(anchorOf(at))?.scrollIntoView({ block: "start" }),
    );
  };
  const sum = (name) => files.reduce((all, file) => all + (file[name] ?? 0), 0);
  return (
    <div className="changes">
      <nav className="card" aria-label="Changed files">
        <header>
          <h2>{files.length === 1 ? "1 file" : `${files.length.toLocaleString()} files`}</h2>
          <Stat added={sum("added")} removed={sum("removed")} />
          <a
            className="btn s1 end"
            href={`/api/agent_runs/${runId}/diff`}
            download={`run-${runId}.diff`}
          >
            <Download size={14} aria-hidden />
            Download
          </a>
        </header>
        <Tree files={files} chosen={chosen} onPick={onPick} />
      </nav>
      <div className="stack">
        {parts.map((text, at) => (
          <FileDiff
            key={`${at}${files[at].path}`}
            file={files[at]}
            text={text}
            at={at}
            open={isOpen(at)}
            onToggle={() => setFolded((old) => new Map(old).set(at, !isOpen(at)))}
          />
        ))}
      </div>
    </div>
  );
}
