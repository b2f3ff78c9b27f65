// Choose or drop files, see them come in, and what became of each.
import { memo, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import {
  CircleCheck,
  CircleX,
  FileText,
  FolderOpen,
  LoaderCircle,
  RotateCw,
  Upload,
  X,
} from "lucide-react";
import {
  add,
  again,
  cancel,
  cancelAll,
  filesOf,
  forget,
  fromFolder,
  isOpen,
  isUnderWay,
  learnLimit,
  nameRuns,
  RUNS_NAMED,
  useJobs,
} from "./imports.jsx";

const FEW = 12,
  NEWEST = 10,
  NEXT_UP = 3;
const OUTCOMES = { imported: "Imported", updated: "Updated", known: "Known" };
const count = (number) => number.toLocaleString("en");
const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

function sizeOf(bytes) {
  for (const [unit, factor] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ])
    if (bytes >= factor) return `${(bytes / factor).toFixed(bytes < 10 * factor ? 1 : 0)} ${unit}`;
  return plural(bytes, "byte");
}

function summaryOf({ imported, updated, known, logs }) {
  const words = [
    imported && `${count(imported)} imported`,
    updated && `${count(updated)} updated`,
    known && `${count(known)} known already`,
  ].filter(Boolean);
  if (!words.length) return "There is no run in it";
  return [
    ...words,
    imported + updated ? `${plural(logs, "step")} stored` : "nothing was changed",
  ].join(" · ");
}

function stateOf(job) {
  if (job.phase === "waiting") return "Waits for its turn";
  if (job.phase === "sending") return `${sizeOf(job.sent)} of ${sizeOf(job.file.size)} sent`;
  if (job.phase === "storing") return "Checked and stored now; its runs appear together at the end";
  if (job.phase === "done") return summaryOf(job.result);
  return job.phase === "cancelled" ? "Cancelled" : "Not imported";
}

function useDrop(onFiles) {
  const [over, setOver] = useState(false),
    latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const onOver = (event) => {
      if (hasFiles(event)) {
        event.preventDefault();
        setOver(true);
      }
    };
    const onLeave = (event) => {
      if (!event.relatedTarget) setOver(false);
    };
    const onDrop = async (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      latest.current(await filesOf(event.dataTransfer));
    };
    const pairs = [
      ["dragover", onOver],
      ["dragleave", onLeave],
      ["drop", onDrop],
    ];
    pairs.forEach(([name, listener]) => window.addEventListener(name, listener));
    return () => pairs.forEach(([name, listener]) => window.removeEventListener(name, listener));
  }, []);
  return over;
}

function Runs({ job }) {
  const { result, titles = {} } = job;
  useEffect(() => {
    nameRuns(job);
  }, [job]);
  const named = result.runs.slice(0, RUNS_NAMED),
    rest = result.runs.slice(RUNS_NAMED);
  const total = result.imported + result.updated + result.known,
    unnamed = total - result.runs.length;
  return (
    <>
      <ul className="import-runs">
        {named.map((run) => (
          <li key={run.id}>
            <Link className="link" to={`/runs/${run.id}`}>
              Run {run.id}
            </Link>
            <span className="cut grow">{titles[run.id]}</span>
            <span className="sm mut">{OUTCOMES[run.outcome] ?? run.outcome}</span>
          </li>
        ))}
      </ul>
      {rest.length > 0 && (
        <details className="import-rest">
          <summary className="sm mut">
            {plural(rest.length, "more run")}
            {unnamed > 0 && `, and ${count(unnamed)} that are not named here`}
          </summary>
          <div className="flexrow wrap num">
            {rest.map((run) => (
              <Link
                key={run.id}
                className="link"
                to={`/runs/${run.id}`}
                title={OUTCOMES[run.outcome]}
              >
                {run.id}
              </Link>
            ))}
          </div>
        </details>
      )}
    </>
  );
}

const Job = memo(function Job({ job }) {
  const failed = job.phase === "failed",
    busy = isUnderWay(job),
    Icon = failed ? CircleX : job.phase === "done" ? CircleCheck : busy ? LoaderCircle : FileText;
  const tone = failed ? "red" : job.phase === "done" ? "green" : "mut";
  const canRepeat = (failed && !job.isGone) || job.phase === "cancelled";
  return (
    <li className="card import-job" data-import={job.phase}>
      <div className="import-line">
        <Icon size={16} aria-hidden className={`${tone} ${busy ? "spin" : ""}`} />
        <span className="col grow">
          <bdi className="med cut" title={job.path}>
            {job.name}
          </bdi>
          <span className="sm mut num">{stateOf(job)}</span>
        </span>
        {isOpen(job) && (
          <button
            type="button"
            className="btn"
            onClick={() => cancel(job.key)}
            aria-label={`Cancel ${job.name}`}
          >
            Cancel
          </button>
        )}
        {canRepeat && (
          <button
            type="button"
            className="btn"
            onClick={() => again(job.key)}
            aria-label={`Try again: ${job.name}`}
          >
            <RotateCw size={16} aria-hidden />
            Try again
          </button>
        )}
      </div>
      {busy && (
        <progress
          className="import-bar"
          aria-label={`Progress of ${job.name}`}
          max={Math.max(job.file.size, 1)}
          value={job.phase === "sending" ? job.sent : undefined}
        />
      )}
      {failed && (
        <div role="alert" className="callout red">
          <span className="wraps">
            {job.problem} {job.advice}
          </span>
        </div>
      )}
      {job.phase === "cancelled" && job.advice && <p className="sm mut">{job.advice}</p>}
      {job.phase === "done" && job.result.runs.length > 0 && <Runs job={job} />}
    </li>
  );
});

// Of many files those that matter: refused ones, the one under way, what comes next, what came last.
function shownOf(jobs) {
  if (jobs.length <= FEW) return { shown: jobs, waiting: 0, done: 0 };
  const of = (...phases) => jobs.filter((job) => phases.includes(job.phase));
  const waiting = of("waiting"),
    done = of("done").reverse();
  const shown = [
    ...of("failed", "cancelled"),
    ...of("sending", "storing"),
    ...waiting.slice(0, NEXT_UP),
    ...done.slice(0, NEWEST),
  ];
  return {
    shown,
    waiting: Math.max(waiting.length - NEXT_UP, 0),
    done: Math.max(done.length - NEWEST, 0),
  };
}

function totalOf(jobs) {
  const results = jobs.flatMap((job) => job.result ?? []),
    refused = jobs.filter((job) => job.phase === "failed").length;
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  return [
    [sum("imported") === 1 ? "run imported" : "runs imported", sum("imported")],
    ["updated", sum("updated")],
    ["known already", sum("known")],
    [refused === 1 ? "file refused" : "files refused", refused],
  ]
    .flatMap(([word, number]) => (number ? `${count(number)} ${word}` : []))
    .join(" · ");
}

function Jobs({ jobs }) {
  const open = jobs.filter(isOpen).length,
    last = jobs.filter((job) => !isOpen(job)).at(-1);
  const { shown, waiting, done } = shownOf(jobs),
    total = jobs.length > 1 ? totalOf(jobs) : "";
  return (
    <section className="stack" aria-label="Files">
      <div className="flexrow import-bar-line">
        <span className="grow num">
          <b className="med">
            {open
              ? `${count(jobs.length - open)} of ${plural(jobs.length, "file")} ready`
              : plural(jobs.length, "file")}
          </b>
          {total && <span className="mut"> · {total}</span>}
        </span>
        {open > 1 && (
          <button type="button" className="btn ghost s1" onClick={cancelAll}>
            Cancel all
          </button>
        )}
        {open < jobs.length && (
          <button type="button" className="btn ghost s1" onClick={forget}>
            <X size={14} aria-hidden />
            Clear the list
          </button>
        )}
      </div>
      <p role="status" className="vh">
        {jobs.length > FEW ? !open && total : last && `${last.name}: ${stateOf(last)}`}
      </p>
      <ul className="stack">
        {shown.map((job) => (
          <Job key={job.key} job={job} />
        ))}
      </ul>
      {waiting + done > 0 && (
        <p className="sm mut num">
          {[waiting && `${count(waiting)} more wait`, done && `${count(done)} more are done`]
            .filter(Boolean)
            .join(" · ")}
        </p>
      )}
      {open > 0 && (
        <p className="sm mut">
          It goes on while you look at other pages of the dashboard. Keep this tab open.
        </p>
      )}
    </section>
  );
}

export function ImportPage() {
  const jobs = useJobs(),
    picker = useRef(null),
    folder = useRef(null);
  const [none, setNone] = useState(false);
  const take = (files) => {
    setNone(files.length === 0);
    add(files);
  };
  const over = useDrop(take);
  useEffect(() => {
    learnLimit();
  }, []);
  const onPick = (event, isFolder) => {
    const files = [...(event.target.files ?? [])];
    event.target.value = "";
    if (files.length) take(isFolder ? fromFolder(files) : files);
  };
  return (
    <>
      <section className={`card import-drop ${over ? "drop" : ""}`} aria-label="Choose files">
        <Upload size={24} strokeWidth={1.75} aria-hidden className="mut" />
        <p className="med">
          {over ? (
            "Let go to import"
          ) : (
            <>
              <span className="desk">Drop files or folders here, or choose them</span>
              <span className="phone">Choose what to import</span>
            </>
          )}
        </p>
        <p className="sm mut">An export in JSON Lines, or session files of Claude Code (*.jsonl)</p>
        <div className="flexrow wrap">
          <button type="button" className="btn solid" onClick={() => picker.current.click()}>
            Choose files
          </button>
          <button type="button" className="btn desk" onClick={() => folder.current.click()}>
            <FolderOpen size={16} aria-hidden />
            Choose a folder
          </button>
        </div>
        <input
          ref={picker}
          type="file"
          hidden
          multiple
          aria-label="Files to import"
          onChange={(event) => onPick(event, false)}
        />
        <input
          ref={folder}
          type="file"
          hidden
          webkitdirectory=""
          aria-label="Folder to import"
          onChange={(event) => onPick(event, true)}
        />
        {none && (
          <p role="alert" className="note red">
            There are no *.jsonl files in it.
          </p>
        )}
      </section>
      {jobs.length > 0 && <Jobs jobs={jobs} />}
    </>
  );
}
