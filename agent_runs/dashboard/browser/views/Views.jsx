// Saved views of this page: open, save, rename, replace, remove.
import { Dialog } from "@radix-ui/themes";
import { Bookmark, Trash2, X } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { sendJson } from "../api.js";
import { useViews } from "./useViews.jsx";
import { addressOf, presentQuery } from "./views.js";

/** @import { SavedView } from "../shapes.d.ts" */
/** @typedef {ReturnType<typeof useViews>["change"]} Change */

const LONGEST_NAME = 100;

/** @param {{ kind: string }} props `runs` or `search` */
export function Views({ kind }) {
  const { search } = useLocation();
  const navigate = useNavigate();
  const id = useId();
  const [open, setOpen] = useState(false);
  const { views, problem, read, change } = useViews(kind);
  const present = presentQuery(kind, search);
  const current = views.find((view) => view.query === present);
  const onOpenChange = (/** @type {boolean} */ now) => {
    setOpen(now);
    if (now) read();
  };
  const openView = (/** @type {SavedView} */ view) => {
    setOpen(false);
    navigate(addressOf(view));
  };
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Trigger>
        <button
          type="button"
          className={`chip ${current ? "on" : ""}`}
          aria-label={current ? `Saved views: ${current.name}` : "Saved views"}
        >
          <Bookmark size={14} aria-hidden />
          {current ? <span className="cut view-name">{current.name}</span> : "Views"}
        </button>
      </Dialog.Trigger>
      <Dialog.Content maxWidth="560px" aria-describedby={`${id}-about`}>
        <Dialog.Title size="3">Saved views</Dialog.Title>
        <p id={`${id}-about`} className="mut sm">
          Everybody who uses this server sees the same views.
        </p>
        {problem && (
          <p role="alert" className="callout red view-problem">
            {problem}
          </p>
        )}
        {present && !current && <SaveForm kind={kind} query={present} change={change} />}
        {views.length > 0 ? (
          <ul className="views" aria-label="Saved views">
            {views.map((view) => (
              <View key={view.id} view={view} present={present} change={change} onOpen={openView} />
            ))}
          </ul>
        ) : (
          <p className="mut views-none">{present ? NONE : `${NONE} ${HOW_TO_SAVE[kind]}`}</p>
        )}
        <Dialog.Close>
          <button
            type="button"
            className="btn ghost s1 ic"
            style={{ position: "absolute", top: 16, right: 16 }}
            aria-label="Close"
          >
            <X size={16} aria-hidden />
          </button>
        </Dialog.Close>
      </Dialog.Content>
    </Dialog.Root>
  );
}

const NONE = "No saved views yet.";
/** @type {Record<string, string>} */
const HOW_TO_SAVE = {
  search: "Search for something, then save it here.",
  runs: "Set filters, then save them here.",
};

/** @param {{ kind: string, query: string, change: Change }} props */
function SaveForm({ kind, query, change }) {
  const id = useId();
  const [name, setName] = useState("");
  const save = async (/** @type {React.FormEvent} */ event) => {
    event.preventDefault();
    const view = { name: name.trim(), kind, query };
    if (await change(() => sendJson("POST", "/views", view))) setName("");
  };
  return (
    <form className="view-form" onSubmit={save}>
      <label className="label" htmlFor={id}>
        Save what is shown now
      </label>
      <code className="sm mut wraps">{query}</code>
      <span className="flexrow">
        <span className="field grow">
          <input
            id={id}
            value={name}
            required
            maxLength={LONGEST_NAME}
            placeholder="Name"
            onChange={(event) => setName(event.target.value)}
          />
        </span>
        <button type="submit" className="btn solid" disabled={!name.trim()}>
          Save view
        </button>
      </span>
    </form>
  );
}

/**
 * @param {{ view: SavedView, present: string, change: Change,
 *   onOpen: (view: SavedView) => void }} props
 */
function View({ view, present, change, onOpen }) {
  const address = `/views/${view.id}`;
  return (
    <li className="view-row">
      <NameField
        name={view.name}
        onRename={(name) => change(() => sendJson("PUT", address, { name }))}
      />
      <span className="flexrow">
        <button
          type="button"
          className="btn"
          onClick={() => onOpen(view)}
          aria-label={`Open ${view.name}`}
        >
          Open
        </button>
        {present && present !== view.query && (
          <button
            type="button"
            className="btn"
            aria-label={`Replace ${view.name} with what is shown now`}
            onClick={() => change(() => sendJson("PUT", address, { query: present }))}
          >
            Replace
          </button>
        )}
        <button
          type="button"
          className="btn ghost ic"
          aria-label={`Remove ${view.name}`}
          onClick={() => change(() => sendJson("DELETE", address))}
        >
          <Trash2 size={16} aria-hidden />
        </button>
      </span>
      <code className="sm mut cut">{view.query || "all runs"}</code>
    </li>
  );
}

/** @param {{ name: string, onRename: (name: string) => void }} props */
function NameField({ name, onRename }) {
  const [text, setText] = useState(name);
  useEffect(() => setText(name), [name]);
  const rename = () => {
    const newName = text.trim();
    if (newName && newName !== name) onRename(newName);
    else setText(name);
  };
  return (
    <label className="field grow">
      <span className="vh">Name of the view</span>
      <input
        value={text}
        maxLength={LONGEST_NAME}
        onChange={(event) => setText(event.target.value)}
        onBlur={rename}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          rename();
        }}
      />
    </label>
  );
}
