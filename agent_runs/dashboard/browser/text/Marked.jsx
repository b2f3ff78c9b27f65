// Text with the words marked that a search in this run looks for.
import { createContext, useContext } from "react";
import { pieces } from "./marks.js";

/** The searched words; empty without a search. */
export const FindText = createContext("");

/** @param {{ text: string }} props */
export function Marked({ text }) {
  const words = useContext(FindText);
  if (!words) return text;
  return pieces(text, words).map(([piece, isHit], at) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other name
    isHit ? <mark key={at}>{piece}</mark> : piece,
  );
}
