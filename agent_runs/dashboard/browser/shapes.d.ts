// The API's answers, by the names that the browser code uses. The types behind them are generated
// from the API's own OpenAPI document for each check, so they cannot fall behind it.
import type { components } from "#api";

// The API can add fields at any time; the browser code may only read those that are documented.
type Fields<T> = T extends readonly (infer Item)[]
  ? Fields<Item>[]
  : T extends object
    ? { [Name in keyof T as string extends Name ? never : Name]: Fields<T[Name]> }
    : T;
type Schema<Name extends keyof components["schemas"]> = Fields<components["schemas"][Name]>;
type Schemas = components["schemas"];
type Page<T> = { items: T[] };

export type Run = Schema<"AgentRun">;
export type RunPage = Page<Run>;
export type Entry = Omit<Schema<"AgentRunLog">, "tool_input" | "tool_output" | "observation"> & {
  tool_input?: Schemas["AgentRunLog"]["tool_input"];
  tool_output?: Output | null;
  observation?: Schemas["AgentRunLog"]["observation"];
};
export type LogPage = { logs: Entry[]; total_logs: number };
export type LogCounts = Schemas["LogCounts"];
export type LogHits = Schema<"LogHits">;
export type Turn = Schema<"Turn">;
export type Question = Omit<Schema<"PermissionRequest">, "tool_call"> & {
  tool_call?: { title?: string };
};
export type QueuedPrompt = Schema<"QueuedPrompt">;

export type Diff = Schema<"Diff">;
export type DiffFile = Schema<"DiffFile">;
export type Insight = Schema<"Insight">;
export type Finding = Schema<"Finding">;
export type TestResult = Schema<"TestResult">;
export type Comparison = Omit<Schema<"Comparison">, "runs"> & { runs: ComparedRun[] };
export type ComparedRun = Omit<Schema<"ComparedRun">, "tools"> & { tools: Record<string, number> };
export type ComparedFile = Schema<"ComparedFile">;
export type Parting = Schema<"Parting">;

export type SavedView = Schema<"SavedView">;
export type SearchField = Schema<"SearchFieldInfo">;
export type SearchGroup = { run: Schema<"SearchRun">; hits: SearchHit[] };
export type SearchHit = Schemas["SearchHit"];
export type SearchAnswer = Omit<Schema<"SearchPage">, "items"> & { items: SearchGroup[] };
export type Setting = Schemas["Setting"];
export type ImportResult = Schema<"ImportResult">;
export type ImportedRun = Schema<"ImportedRun">;

/** The known fields of a tool's output; agents can add any others. */
export type Output = {
  status?: string;
  exit_code?: unknown;
  images?: unknown;
  diffs?: unknown;
  permission?: { policy?: string; kind?: string };
  [name: string]: unknown;
};

/** The times of one turn, as the page of a run passes them on. */
export type TurnTimes = { turn: number; created: string; started: string; finished: string };
