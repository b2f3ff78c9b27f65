// Saved views of this page: open one, keep the present one, rename, replace, remove.
import { useCallback, useEffect, useId, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { Dialog } from "@radix-ui/themes";
import { Bookmark, Trash2, X } from "lucide-react";

const FILTERS = [
  "status",
  "agent",
  "source",
  "repo",
  "q",
  "since",
  "until",
  "archived",
  "mode",
  "tool",
  "failed_tool",
  "error",
  "measured",
];

async function ask(path, method = "GET", body = undefined) {
  const answer = await fetch(`/api/views${path}`, {
    method,
    credentials: "same-origin",
    body: body && JSON.stringify(body),
    headers: {
      accept: "application/json",
      ...(body ? { "content-type": "application/json" } : {}),
    },
  });
  if (answer.status === 204) return null;
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(json.message || `The API answered ${answer.status}.`);
  return json;
}

export const addressOf = (view) =>
  view.kind === "search" ? `/search?${new URLSearchParams({ q: view.query })}` : `/?${view.query}`;

// What the page shows now, as a view of its kind is kept.
function presentOf(kind, search) {
  const params = new URLSearchParams(search);
  if (kind === "search") return (params.get("q") ?? "").trim();
  return new URLSearchParams(
    FILTERS.flatMap((name) => (params.get(name) ? [[name, params.get(name)]] : [])),
  )
    .toString()
    .replaceAll("%2C", ",");
}

export function useViews(kind) {
  const [views, setViews] = useState([]),
    [problem, setProblem] = useState("");
  const read = useCallback(
    () =>
      ask(`?kind=${kind}`).then(
        (json) => {
          setViews(json.items);
          setProblem("");
        },
        (error) => setProblem(error.message),
      ),
    [kind],
  );
  const change = async (call) => {
    try {
      await call();
      await read();
      return true;
    } catch (error) {
      setProblem(error.message);
      return false;
    }
  };
  useEffect(() => {
    read();
  }, [read]);
  return { views, problem, read, change };
}

function View({ view, present, onOpen, change }) {
  const [name, setName] = useState(view.name);
  useEffect(() => setName(view.name), [view.name]);
  const rename = () => {
    if (name.trim() && name.trim() !== view.name)
      change(() => ask(`/${view.id}`, "PUT", { name: name.trim() }));
    else setName(view.name);
  };
  return (
    <li className="view-row">
      <label className="field grow">
        <span className="vh">Name of the view</span>
        <input
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.target.value)}
          onBlur={rename}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              rename();
            }
          }}
        />
      </label>
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
            onClick={() => change(() => ask(`/${view.id}`, "PUT", { query: present }))}
          >
            Replace
          </button>
        )}
        <button
          type="button"
          className="btn ghost ic"
          aria-label={`Remove ${view.name}`}
          onClick={() => change(() => ask(`/${view.id}`, "DELETE"))}
        >
          <Trash2 size={16} aria-hidden />
        </button>
      </span>
      <code className="sm mut cut">{view.query || "all runs"}</code>
    </li>
  );
}

export function Views({ kind }) {
  const { search } = useLocation(),
    navigate = useNavigate(),
    id = useId();
  const [open, setOpen] = useState(false),
    [name, setName] = useState("");
  const { views, problem, read, change } = useViews(kind);
  const present = presentOf(kind, search),
    current = views.find((view) => view.query === present);
  const save = async (event) => {
    event.preventDefault();
    if (await change(() => ask("", "POST", { name: name.trim(), kind, query: present })))
      setName("");
  };
  return (
    <Dialog.Root
      open={open}
      onOpenChange={(now) => {
        setOpen(now);
        if (now) read();
      }}
    >
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
        {present && !current && (
          <form className="view-form" onSubmit={save}>
            <label className="label" htmlFor={`${id}-name`}>
              Save what is shown now
            </label>
            <code className="sm mut wraps">{present}</code>
            <span className="flexrow">
              <span className="field grow">
                <input
                  id={`${id}-name`}
                  value={name}
                  required
                  maxLength={100}
                  placeholder="Name"
                  onChange={(event) => setName(event.target.value)}
                />
              </span>
              <button type="submit" className="btn solid" disabled={!name.trim()}>
                Save view
              </button>
            </span>
          </form>
        )}
        {views.length ? (
          <ul className="views" aria-label="Saved views">
            {views.map((view) => (
              <View
                key={view.id}
                view={view}
                present={present}
                change={change}
                onOpen={(each) => {
                  setOpen(false);
                  navigate(addressOf(each));
                }}
              />
            ))}
          </ul>
        ) : (
          <p className="mut views-none">
            {present
              ? "None is saved yet."
              : kind === "search"
                ? "None is saved yet. Search for something, then save it here."
                : "None is saved yet. Set filters, then save them here."}
          </p>
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
