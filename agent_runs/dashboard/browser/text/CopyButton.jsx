// A button that copies a text and says that it did.
import { Check, Copy } from "lucide-react";
import { useState } from "react";

/**
 * @param {{ text: string | (() => string), label?: string, icon?: typeof Copy }} props
 */
export function CopyButton({ text, label = "Copy", icon: Icon = Copy }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button
      type="button"
      className="btn ghost s1 ic"
      aria-label={done ? "Copied" : label}
      title={label}
      onClick={copy}
    >
      {done ? <Check size={14} aria-hidden /> : <Icon size={14} aria-hidden />}
    </button>
  );
}
