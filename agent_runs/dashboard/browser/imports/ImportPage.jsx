// Choose or drop files, then follow the import of each.
import { FolderOpen, Upload } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from "react";
import { filesOf, fromFolder } from "./files.js";
import { Jobs } from "./Jobs.jsx";
import { add, allJobs, learnLimit, subscribe } from "./jobs.js";

export function ImportPage() {
  const jobs = useSyncExternalStore(subscribe, allJobs, allJobs);
  const [isNone, setNone] = useState(false);
  const take = (/** @type {File[]} */ files) => {
    setNone(files.length === 0);
    add(files);
  };
  const isOver = useDrop(take);
  useEffect(() => {
    learnLimit();
  }, []);
  return (
    <>
      <section className={`card import-drop ${isOver ? "drop" : ""}`} aria-label="Choose files">
        <Upload size={24} strokeWidth={1.75} aria-hidden className="mut" />
        <p className="med">
          {isOver ? (
            "Drop to import"
          ) : (
            <>
              <span className="desk">Drop files or folders here, or choose them</span>
              <span className="phone">Choose what to import</span>
            </>
          )}
        </p>
        <p className="sm mut">A JSON Lines export, or Claude Code session files (*.jsonl)</p>
        <Pickers onFiles={take} />
        {isNone && (
          <p role="alert" className="note red">
            No *.jsonl files were found there. Choose something else.
          </p>
        )}
      </section>
      {jobs.length > 0 && <Jobs jobs={jobs} />}
    </>
  );
}

/** @param {{ onFiles: (files: File[]) => void }} props */
function Pickers({ onFiles }) {
  const files = useRef(/** @type {HTMLInputElement | null} */ (null));
  const folder = useRef(/** @type {HTMLInputElement | null} */ (null));
  const selectionOf = (/** @type {React.ChangeEvent<HTMLInputElement>} */ event) => {
    const selection = [...(event.target.files ?? [])];
    event.target.value = ""; // otherwise the same file could not be chosen again
    return selection;
  };
  return (
    <>
      <div className="flexrow wrap">
        <button type="button" className="btn solid" onClick={() => files.current?.click()}>
          Choose files
        </button>
        <button type="button" className="btn desk" onClick={() => folder.current?.click()}>
          <FolderOpen size={16} aria-hidden />
          Choose a folder
        </button>
      </div>
      <input
        ref={files}
        type="file"
        hidden
        multiple
        aria-label="Files to import"
        onChange={(event) => {
          const selection = selectionOf(event);
          if (selection.length) onFiles(selection);
        }}
      />
      <input
        ref={folder}
        type="file"
        hidden
        {...{ webkitdirectory: "" }}
        aria-label="Folder to import"
        onChange={(event) => {
          const selection = selectionOf(event);
          if (selection.length) onFiles(fromFolder(selection));
        }}
      />
    </>
  );
}

/**
 * Files can be dropped anywhere on the page.
 *
 * @param {(files: File[]) => void} onFiles
 */
function useDrop(onFiles) {
  const [isOver, setOver] = useState(false);
  const take = useEffectEvent(onFiles);
  useEffect(() => {
    const listening = new AbortController();
    const on = (
      /** @type {"dragover" | "dragleave" | "drop"} */ name,
      /** @type {(event: DragEvent) => void} */ listener,
    ) => window.addEventListener(name, listener, { signal: listening.signal });
    const hasFiles = (/** @type {DragEvent} */ event) =>
      event.dataTransfer?.types.includes("Files") === true;
    on("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    });
    on("dragleave", (event) => {
      if (!event.relatedTarget) setOver(false);
    });
    on("drop", async (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      take(await filesOf(event.dataTransfer));
    });
    return () => listening.abort();
  }, []);
  return isOver;
}
