// Keyboard of every page. Keys act on what is on the page: `data-hotkey` names the element a key
// clicks or focuses, `data-row` the rows that J and K walk over.
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";

const PLACES = { r: "/", n: "/new", f: "/search", y: "/analytics", a: "/agents", s: "/settings" };
const FIELDS =
  "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";

function walk(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement?.closest("[data-row]"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  (next.querySelector("[data-row-link]") ?? next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function act(key) {
  const element = document.querySelector(`[data-hotkey="${CSS.escape(key)}"]`);
  if (!element) return false;
  if (element.matches(FIELDS)) {
    element.focus();
    element.select?.();
  } else element.click();
  return true;
}

export function Hotkeys() {
  const navigate = useNavigate();
  const chord = useRef(0);
  useEffect(() => {
    const onKey = (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      const key = event.key;
      if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") {
        if (act("mod+k")) event.preventDefault();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.(FIELDS)) {
        if (key === "Escape") event.target.blur();
        return;
      }
      if (document.querySelector("[role=dialog], [role=alertdialog], [role=menu]")) return;
      const inChord = Date.now() - chord.current < 1200;
      chord.current = 0;
      if (inChord && PLACES[key]) navigate(PLACES[key]);
      else if (key === "g") chord.current = Date.now();
      else if (key === "c") navigate("/new");
      else if (key === "j" || key === "k") walk(key === "j" ? 1 : -1);
      else if (key === "x")
        document.activeElement
          ?.closest("[data-row]")
          ?.querySelector("input[type=checkbox]")
          ?.click();
      else if (!act(key)) return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate]);
  return null;
}
