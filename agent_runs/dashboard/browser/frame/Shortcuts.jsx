// Keyboard shortcuts of every page. Keys act on what is on the page: `data-hotkey` marks the
// element that a key clicks or focuses, `data-row` the rows that J and K step through.
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { PAGES } from "./pages.js";

const CHORD_MS = 1200;
const FIELDS =
  "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";
const DIALOGS = "[role=dialog], [role=alertdialog], [role=menu]";

export function Shortcuts() {
  const navigate = useNavigate();
  const chord = useRef(0);
  useEffect(() => {
    // Returns whether the key did something.
    const press = (/** @type {string} */ key) => {
      const isInChord = Date.now() - chord.current < CHORD_MS;
      chord.current = 0;
      if (isInChord && PAGES[key]) navigate(PAGES[key]);
      else if (key === "g") chord.current = Date.now();
      else if (key === "c") navigate("/new");
      else if (key === "j" || key === "k") walk(key === "j" ? 1 : -1);
      else if (key === "x") select();
      else return act(key);
      return true;
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.defaultPrevented || event.isComposing) return;
      const { key, target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey) {
        const isPalette = !event.altKey && key.toLowerCase() === "k";
        if (isPalette && act("mod+k")) event.preventDefault();
      } else if (target instanceof HTMLElement && target.closest(FIELDS)) {
        if (key === "Escape") target.blur();
      } else if (!document.querySelector(DIALOGS) && press(key)) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate]);
  return null;
}

const rowAtHand = () => document.activeElement?.closest("[data-row]") ?? null;

/** @param {1 | -1} step */
function walk(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const row = rowAtHand();
  const at = row ? rows.indexOf(row) + step : 0;
  const next = rows[Math.min(rows.length - 1, Math.max(0, at))];
  /** @type {HTMLElement} */ (next.querySelector("[data-row-link]") ?? next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function select() {
  /** @type {HTMLElement | null | undefined} */ (
    rowAtHand()?.querySelector("input[type=checkbox]")
  )?.click();
}

/**
 * Click or focus the element that a key stands for.
 *
 * @param {string} key
 */
function act(key) {
  const element = /** @type {HTMLElement | null} */ (
    document.querySelector(`[data-hotkey="${CSS.escape(key)}"]`)
  );
  if (!element) return false;
  if (!element.matches(FIELDS)) element.click();
  else {
    element.focus();
    if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) {
      element.select();
    }
  }
  return true;
}
