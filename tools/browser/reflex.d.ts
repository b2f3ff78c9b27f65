// What the browser code uses of the modules that Reflex writes into the built frontend.
import type { Context } from "react";

export declare const ColorModeContext: Context<{
  rawColorMode: "system" | "light" | "dark";
  setColorMode: (mode: "system" | "light" | "dark") => void;
}>;
