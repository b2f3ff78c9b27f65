// Ctrl or Cmd and K: one field that goes anywhere and acts on the current run.
import { Dialog, VisuallyHidden } from "@radix-ui/themes";
import { useContext, useEffect, useId, useMemo, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { ColorModeContext } from "$/utils/context-registry";
import { stepOf } from "../arrows.js";
import { useDensity } from "../frame/Density.jsx";
import { setDensity } from "../frame/density.js";
import {
  commandsOfPages,
  commandsOfRun,
  commandsOfRuns,
  commandsOfViews,
  matching,
} from "./commands.js";
import { useAnswer, useRuns } from "./useAnswers.jsx";

/** @import { Run, SavedView } from "../shapes.d.ts" */
/** @import { Command } from "./commands.js" */
/**
 * @typedef {object} PaletteProps
 * @property {(id: number) => void} onStop
 * @property {(id: number) => void} onArchive
 * @property {(id: number) => void} onRestore
 */

/** @param {PaletteProps} props */
export function Palette(props) {
  const [open, setOpen] = useState(false);
  const [runId, setRunId] = useState(0);
  const { pathname } = useLocation();
  const toggle = () => {
    if (!open) setRunId(runAtHand(pathname));
    setOpen(!open);
  };
  return (
    <>
      <OpenButton onClick={toggle} />
      <Dialog.Root open={open} onOpenChange={setOpen}>
        <Dialog.Content
          align="start"
          className="palette"
          aria-describedby={undefined}
          maxWidth="560px"
        >
          <VisuallyHidden>
            <Dialog.Title>Commands</Dialog.Title>
          </VisuallyHidden>
          <Commands {...props} runId={runId} onClose={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Root>
    </>
  );
}

/**
 * The run of this page, or the one whose row has the focus; 0 for none.
 *
 * @param {string} path
 */
function runAtHand(path) {
  const row = document.activeElement?.closest("[data-row]")?.getAttribute("data-row");
  return Number(/^\/runs\/(\d+)/.exec(path)?.[1] ?? row ?? 0);
}

/** @param {{ onClick: () => void }} props */
function OpenButton({ onClick }) {
  const [modifier, setModifier] = useState("Ctrl");
  useEffect(() => {
    if (/Mac|iPhone|iPad/.test(navigator.platform)) setModifier("⌘");
  }, []);
  return (
    <button
      type="button"
      className="palette-button"
      data-hotkey="mod+k"
      aria-haspopup="dialog"
      onClick={onClick}
    >
      <span className="grow">Commands…</span>
      <kbd className="kbd">{modifier}</kbd>
      <kbd className="kbd">K</kbd>
    </button>
  );
}

/** @param {PaletteProps & { runId: number, onClose: () => void }} props */
function Commands(props) {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const listId = useId();
  const commands = useCommands(props, words);
  const chosen = Math.min(at, commands.length - 1);
  const pick = (/** @type {Command} */ command) => {
    props.onClose();
    setTimeout(command.act); // after the dialog has returned the focus
  };
  const onKeyDown = (/** @type {React.KeyboardEvent} */ event) => {
    const step = stepOf(event.key);
    if (step && commands.length) setAt((chosen + step + commands.length) % commands.length);
    else if (event.key === "Enter" && commands[chosen] && !event.nativeEvent.isComposing) {
      pick(commands[chosen]);
    } else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        // biome-ignore lint/a11y/noAutofocus: the dialog was opened to type in it
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={commands.length ? `${listId}-${chosen}` : undefined}
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
      {commands.length > 0 ? (
        <Results commands={commands} at={chosen} listId={listId} onPick={pick} onPoint={setAt} />
      ) : (
        <p role="status" className="palette-none mut">
          Nothing matches.
        </p>
      )}
    </>
  );
}

/**
 * The commands to choose from, in the order in which they are shown.
 *
 * @param {PaletteProps & { runId: number }} props
 * @param {string} words
 * @returns {Command[]}
 */
function useCommands({ runId, onStop, onArchive, onRestore }, words) {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const looks = useLooks();
  const { runs, areHits } = useRuns(words);
  /** @type {Run | null} */
  const run = useAnswer(runId ? `/agent_runs/${runId}` : "");
  /** @type {{ items: SavedView[] } | null} */
  const views = useAnswer("/views");
  return useMemo(() => {
    const go = (/** @type {string} */ path) => navigate(path);
    const actions = { go, onStop, onArchive, onRestore, copy, download };
    return matching(
      [
        ...(run ? commandsOfRun(run, actions, pathname.startsWith("/runs/")) : []),
        ...commandsOfPages(go, words),
        ...commandsOfViews(views?.items ?? [], go),
        ...commandsOfRuns(runs, areHits, go),
        ...looks,
        { group: "Help", text: "Keyboard shortcuts", keys: "?", act: showShortcuts },
      ],
      words,
    );
  }, [run, runs, areHits, views, words, looks, pathname, navigate, onStop, onArchive, onRestore]);
}

/** @param {string} path */
const copy = (path) => navigator.clipboard?.writeText(`${location.origin}${path}`);

/**
 * By a link, as an error would take the place of the page otherwise.
 *
 * @param {string} address
 */
const download = (address) =>
  Object.assign(document.createElement("a"), { href: address, download: "" }).click();

const showShortcuts = () => {
  /** @type {HTMLElement | null} */ (document.querySelector('[data-hotkey="?"]'))?.click();
};

/** @returns {Command[]} */
function useLooks() {
  const { setColorMode, rawColorMode } = useContext(ColorModeContext);
  const density = useDensity();
  return useMemo(() => {
    const look = (
      /** @type {string} */ text,
      /** @type {boolean} */ isSet,
      /** @type {() => void} */ act,
    ) => ({ group: "Appearance", text, note: isSet ? "in use" : "", act });
    return [
      look("System theme", rawColorMode === "system", () => setColorMode("system")),
      look("Light theme", rawColorMode === "light", () => setColorMode("light")),
      look("Dark theme", rawColorMode === "dark", () => setColorMode("dark")),
      look("Comfortable density", density !== "compact", () => setDensity("comfortable")),
      look("Compact density", density === "compact", () => setDensity("compact")),
    ];
  }, [setColorMode, rawColorMode, density]);
}

/**
 * @param {{ commands: Command[], at: number, listId: string,
 *   onPick: (command: Command) => void, onPoint: (at: number) => void }} props
 */
function Results({ commands, at, listId, onPick, onPoint }) {
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  // The chosen one stays in view.
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at, commands]);
  const groups = Map.groupBy(
    commands.map((command, index) => ({ command, index })),
    ({ command }) => command.group,
  );
  return (
    <div
      ref={list}
      id={listId}
      role="listbox"
      aria-label="Commands and runs"
      className="palette-list"
    >
      {[...groups].map(([group, members]) => (
        // biome-ignore lint/a11y/useSemanticElements: a group of options has no element of its own
        <div key={group} role="group" aria-label={group}>
          <div aria-hidden="true" className="palette-group">
            {group}
          </div>
          {members.map(({ command, index }) => (
            <Option
              key={command.key ?? command.text}
              id={`${listId}-${index}`}
              command={command}
              isChosen={index === at}
              onPick={() => onPick(command)}
              onPoint={() => onPoint(index)}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

/**
 * @param {{ id: string, command: Command, isChosen: boolean, onPick: () => void,
 *   onPoint: () => void }} props
 */
function Option({ id, command: { text, note, keys }, isChosen, onPick, onPoint }) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and the keys
    // biome-ignore lint/a11y/useFocusableInteractive: as above
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      className="palette-item"
      onClick={onPick}
      onPointerMove={onPoint}
    >
      <span className="cut grow">{text}</span>
      {note && <span className="sm mut">{note}</span>}
      {keys && (
        <span className="flexrow palette-keys">
          {keys.split(" ").map((key) => (
            <kbd key={key} className="kbd">
              {key}
            </kbd>
          ))}
        </span>
      )}
    </div>
  );
}
