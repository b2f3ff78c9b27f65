// What a run changed: the files as a tree, and the diff of each.
import { Download } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { getJson, messageOf } from "../api.js";
import { Stat } from "../text/DiffLines.jsx";
import { counted, sumOf } from "../text/numbers.js";
import { anchorOf, FileDiff } from "./FileDiff.jsx";
import { FileTree } from "./FileTree.jsx";
import { filesOfDiff, pathOfDiff } from "./tree.js";

/** @import { Diff, DiffFile } from "../shapes.d.ts" */

const MOST_OPEN = 30;

/**
 * @param {{ runId: number, version: number, active: boolean }} props the diff is read again when
 *   `version` changes
 */
export function Changes({ runId, version, active }) {
  const { answer, problem } = useDiff(runId, version);
  const [folded, setFolded] = useState(() => /** @type {Map<number, boolean>} */ (new Map()));
  const [chosen, setChosen] = useState(-1);
  const { files, diffs } = useMemo(() => partsOf(answer), [answer]);
  // A choice belongs to one run.
  useEffect(() => {
    setFolded(new Map());
    setChosen(-1);
  }, [runId]);

  if (problem && !answer) {
    return (
      <p role="alert" className="note red">
        {problem}
      </p>
    );
  }
  if (!answer) return <Bones />;
  if (!files.length) return <Nothing active={active} />;
  const isOpen = (/** @type {number} */ at) => folded.get(at) ?? at < MOST_OPEN;
  const open = (/** @type {number} */ at, /** @type {boolean} */ now) =>
    setFolded((old) => new Map(old).set(at, now));
  const onPick = (/** @type {React.MouseEvent} */ event, /** @type {number} */ at) => {
    event.preventDefault();
    setChosen(at);
    open(at, true);
    requestAnimationFrame(() => {
      document.getElementById(anchorOf(at))?.scrollIntoView({ block: "start" });
    });
  };
  return (
    <div className="changes">
      <nav className="card" aria-label="Changed files">
        <header>
          <h2>{counted(files.length, "file")}</h2>
          <Stat
            added={sumOf(files, (file) => file.added)}
            removed={sumOf(files, (file) => file.removed)}
          />
          <a
            className="btn s1 end"
            href={`/api/agent_runs/${runId}/diff`}
            download={`run-${runId}.diff`}
          >
            <Download size={14} aria-hidden />
            Download
          </a>
        </header>
        <FileTree files={files} chosen={chosen} onPick={onPick} />
      </nav>
      <div className="stack">
        {diffs.map((diff, at) => (
          <FileDiff
            // biome-ignore lint/suspicious/noArrayIndexKey: a diff may name a file twice
            key={`${at}${files[at].path}`}
            file={files[at]}
            diff={diff}
            at={at}
            open={isOpen(at)}
            onToggle={() => open(at, !isOpen(at))}
          />
        ))}
      </div>
    </div>
  );
}

/**
 * @param {number} runId
 * @param {number} version
 */
function useDiff(runId, version) {
  const [answer, setAnswer] = useState(/** @type {Diff | null} */ (null));
  const [problem, setProblem] = useState("");
  // An answer belongs to one run.
  useEffect(() => setAnswer(null), [runId]);
  // A new version means that there is more to read.
  useEffect(() => {
    const aborter = new AbortController();
    getJson(`/agent_runs/${runId}/diff`, aborter.signal).then(
      (json) => {
        setAnswer(json);
        setProblem("");
      },
      (error) => {
        if (!aborter.signal.aborted) setProblem(messageOf(error));
      },
    );
    return () => aborter.abort();
  }, [runId, version]);
  return { answer, problem };
}

/**
 * The files with their diffs. The API's list of files is ignored if it does not match the diff.
 *
 * @param {Diff | null} answer
 * @returns {{ files: DiffFile[], diffs: string[] }}
 */
function partsOf(answer) {
  const diffs = filesOfDiff(answer?.diff ?? "");
  if (answer?.files.length === diffs.length) return { files: answer.files, diffs };
  const files = diffs.map((diff) => ({
    path: pathOfDiff(diff),
    status: /** @type {const} */ ("modified"),
    added: 0,
    removed: 0,
  }));
  return { files, diffs };
}

const Bones = () => (
  <div className="changes" aria-hidden>
    <i className="skel" style={{ height: 160 }} />
    <i className="skel" style={{ height: 320 }} />
  </div>
);

/** @param {{ active: boolean }} props */
const Nothing = ({ active }) => (
  <div className="card blank">
    <h2>No changes</h2>
    <p className="mut">
      {active
        ? "The agent has not changed a file in its workspace yet."
        : "This run did not change a file in its workspace."}
    </p>
  </div>
);
