// Ctrl or Cmd and K: one field that goes everywhere and does what fits the run at hand.
import { useContext, useEffect, useId, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { Dialog, VisuallyHidden } from "@radix-ui/themes";
import { ColorModeContext } from "$/utils/context-registry";
import { setDensity, useDensity } from "../frame/Density.jsx";

const ENDED = new Set([
  "COMPLETE",
  "ERROR",
  "CANCELLED",
  "TIMEOUT",
  "MAX_ITERATIONS_REACHED",
  "OUT_OF_TOKENS",
]);
const RUNS_SHOWN = 8;
const SEARCH_DELAY = 200;

async function read(path, signal) {
  const answer = await fetch(`/api${path}`, { signal });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

const viewPath = (view) =>
  view.kind === "search" ? `/search?${new URLSearchParams({ q: view.query })}` : `/?${view.query}`;

const titleOf = (run) =>
  run.title || (run.prompt ?? "").split("\n").find((line) => line.trim()) || `Run ${run.id}`;

// The run of this page, or the one whose row has the focus.
function runAtHand(path) {
  const row = document.activeElement?.closest?.("[data-row]")?.dataset.row;
  return Number(/^\/runs\/(\d+)/.exec(path)?.[1] ?? row ?? 0);
}

function useRuns(open, words) {
  const [runs, setRuns] = useState([]);
  useEffect(() => {
    if (!open) return undefined;
    const aborter = new AbortController();
    const query = words.trim().length > 1 ? `&q=${encodeURIComponent(words.trim())}` : "";
    const timer = setTimeout(
      () => {
        read(`/agent_runs?limit=${RUNS_SHOWN}${query}`, aborter.signal)
          .then((page) => setRuns(page.items.map((run) => ({ ...run, found: query !== "" }))))
          .catch(() => {
            if (!aborter.signal.aborted) setRuns([]);
          });
      },
      query ? SEARCH_DELAY : 0,
    );
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  }, [open, words]);
  return runs;
}

function useViews(open) {
  const [views, setViews] = useState([]);
  useEffect(() => {
    if (!open) return undefined;
    const aborter = new AbortController();
    read("/views", aborter.signal)
      .then((json) => setViews(json.items))
      .catch(() => {});
    return () => aborter.abort();
  }, [open]);
  return views;
}

function useRun(open, id) {
  const [run, setRun] = useState(null);
  useEffect(() => {
    setRun(null);
    if (!open || !id) return undefined;
    const aborter = new AbortController();
    read(`/agent_runs/${id}`, aborter.signal)
      .then(setRun)
      .catch(() => {});
    return () => aborter.abort();
  }, [open, id]);
  return run;
}

// A link, as an error would take the place of the page otherwise.
function download(address) {
  Object.assign(document.createElement("a"), { href: address, download: "" }).click();
}

function actionsOf(run, { go, onStop, onArchive, onRestore, isItsPage }) {
  const group = `Run ${run.id}`;
  const page = `/runs/${run.id}`;
  const ended = ENDED.has(run.status);
  const canGoOn = !run.imported_at && run.provider !== "claude_code";
  return [
    !isItsPage && { group, text: "Open", act: () => go(page) },
    run.status === "PAUSED" && { group, text: "Answer its question", act: () => go(page) },
    ended && canGoOn && { group, text: "Resume", act: () => go(`${page}?resume=1`) },
    !ended && { group, text: "Stop", act: () => onStop?.(run.id) },
    ended && !run.archived_at && { group, text: "Archive", act: () => onArchive?.(run.id) },
    run.archived_at && { group, text: "Restore", act: () => onRestore?.(run.id) },
    { group, text: "Show its changes", act: () => go(`${page}?tab=changes`) },
    {
      group,
      text: "Copy its link",
      act: () => navigator.clipboard?.writeText(`${location.origin}${page}`),
    },
    {
      group,
      text: "Download its log",
      act: () => download(`/api/agent_runs/${run.id}/export?format=jsonl`),
    },
  ].filter(Boolean);
}

function matching(items, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter(
    (item) =>
      item.found ||
      wanted.every((word) => `${item.group} ${item.text}`.toLowerCase().includes(word)),
  );
}

function Results({ items, at, listId, onPick, onPoint }) {
  const list = useRef(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at, items]);
  const groups = [...new Set(items.map((item) => item.group))];
  return (
    <div
      ref={list}
      id={listId}
      role="listbox"
      aria-label="Commands and runs"
      className="palette-list"
    >
      {groups.map((group) => (
        <div key={group} role="group" aria-label={group}>
          <div aria-hidden="true" className="palette-group">
            {group}
          </div>
          {items.map((item, index) =>
            item.group !== group ? null : (
              <div
                key={item.key ?? item.text}
                id={`${listId}-${index}`}
                role="option"
                aria-selected={index === at}
                className="palette-item"
                onClick={() => onPick(item)}
                onPointerMove={() => onPoint(index)}
              >
                <span className="cut grow">{item.text}</span>
                {item.note ? <span className="sm mut">{item.note}</span> : null}
                {item.keys ? (
                  <span className="flexrow palette-keys">
                    {item.keys.split(" ").map((key) => (
                      <kbd key={key} className="kbd">
                        {key}
                      </kbd>
                    ))}
                  </span>
                ) : null}
              </div>
            ),
          )}
        </div>
      ))}
    </div>
  );
}

export function Palette({ onStop, onArchive, onRestore }) {
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const [runId, setRunId] = useState(0);
  const [modifier, setModifier] = useState("Ctrl");
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { setColorMode, rawColorMode } = useContext(ColorModeContext);
  const density = useDensity();
  const listId = useId();
  const runs = useRuns(open, words);
  const run = useRun(open, runId);
  const views = useViews(open);
  useEffect(() => {
    if (/Mac|iPhone|iPad/.test(navigator.platform)) setModifier("⌘");
  }, []);

  const toggle = () => {
    if (!open) {
      setRunId(runAtHand(pathname));
      setWords("");
      setAt(0);
    }
    setOpen(!open);
  };
  const items = useMemo(() => {
    const go = (path) => navigate(path);
    const place = (text, path, keys) => ({ group: "Go to", text, keys, act: () => go(path) });
    const look = (text, isSet, act) => ({
      group: "Appearance",
      text,
      note: isSet ? "in use" : "",
      act,
    });
    return matching(
      [
        ...(run
          ? actionsOf(run, {
              go,
              onStop,
              onArchive,
              onRestore,
              isItsPage: pathname.startsWith("/runs/"),
            })
          : []),
        place("New run", "/new", "C"),
        place("Runs", "/", "G R"),
        place("Runs that need you", "/?status=PAUSED"),
        place("Running runs", "/?status=ACTIVE,EVALUATION"),
        place("Archived runs", "/?archived=1"),
        place("Import runs", "/import"),
        place(
          "Search in all runs",
          words.trim() ? `/search?q=${encodeURIComponent(words.trim())}` : "/search",
          "G F",
        ),
        place("Analytics", "/analytics", "G Y"),
        place("Agents", "/agents", "G A"),
        place("Settings", "/settings", "G S"),
        ...views.map((view) => ({
          group: "Saved views",
          key: `view${view.id}`,
          text: view.name,
          note: view.kind === "search" ? "Search" : "Runs",
          act: () => go(viewPath(view)),
        })),
        ...runs.map((each) => ({
          group: "Runs",
          key: `run${each.id}`,
          text: titleOf(each),
          note: `Run ${each.id}`,
          found: each.found,
          act: () => go(`/runs/${each.id}`),
        })),
        look("System theme", rawColorMode === "system", () => setColorMode("system")),
        look("Light theme", rawColorMode === "light", () => setColorMode("light")),
        look("Dark theme", rawColorMode === "dark", () => setColorMode("dark")),
        look("Comfortable density", density !== "compact", () => setDensity("comfortable")),
        look("Compact density", density === "compact", () => setDensity("compact")),
        {
          group: "Help",
          text: "Keyboard shortcuts",
          keys: "?",
          act: () => document.querySelector('[data-hotkey="?"]')?.click(),
        },
      ],
      words,
    );
  }, [
    run,
    runs,
    views,
    words,
    density,
    rawColorMode,
    pathname,
    navigate,
    onStop,
    onArchive,
    onRestore,
    setColorMode,
  ]);
  const chosen = Math.min(at, items.length - 1);

  const pick = (item) => {
    setOpen(false);
    setTimeout(item.act);
  }; // after the dialog gave the focus back
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) {
      event.preventDefault();
      setAt((chosen + step + items.length) % items.length);
    } else if (event.key === "Enter" && items[chosen] && !event.nativeEvent.isComposing) {
      event.preventDefault();
      pick(items[chosen]);
    }
  };
  return (
    <>
      <button
        type="button"
        className="palette-button"
        data-hotkey="mod+k"
        aria-haspopup="dialog"
        onClick={toggle}
      >
        <span className="grow">Go to or do…</span>
        <kbd className="kbd">{modifier}</kbd>
        <kbd className="kbd">K</kbd>
      </button>
      <Dialog.Root open={open} onOpenChange={setOpen}>
        <Dialog.Content
          align="start"
          className="palette"
          aria-describedby={undefined}
          maxWidth="560px"
        >
          <VisuallyHidden>
            <Dialog.Title>Go to or do</Dialog.Title>
          </VisuallyHidden>
          <input
            autoFocus
            role="combobox"
            aria-expanded="true"
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={items.length ? `${listId}-${chosen}` : undefined}
            aria-label="A page, a run or a command"
            placeholder="A page, a run or a command"
            spellCheck={false}
            autoComplete="off"
            maxLength={200}
            value={words}
            onChange={(event) => {
              setWords(event.target.value);
              setAt(0);
            }}
            onKeyDown={onKeyDown}
          />
          {items.length ? (
            <Results items={items} at={chosen} listId={listId} onPick={pick} onPoint={setAt} />
          ) : (
            <p role="status" className="palette-none mut">
              Nothing is called that.
            </p>
          )}
        </Dialog.Content>
      </Dialog.Root>
    </>
  );
}
