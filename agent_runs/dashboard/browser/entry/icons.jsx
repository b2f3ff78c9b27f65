// The icons of entries and of groups of them.
import {
  Brain,
  CircleX,
  Files,
  FileText,
  Info,
  ListChecks,
  MessageSquareText,
  Pencil,
  Repeat2,
  Search,
  Terminal,
  User,
  Wrench,
} from "lucide-react";
import { kindOf } from "./kinds.js";

/** @import { Group } from "./groups.js" */

const OF_TOOLS = { edit: Pencil, search: Search, read: FileText, run: Terminal, tool: Wrench };
/** @type {Record<string, typeof Brain>} */
export const OF_MESSAGES = {
  USER_MESSAGE: User,
  FINAL_ANSWER: MessageSquareText,
  ERROR: CircleX,
  PLAN_EVALUATION: ListChecks,
  NOTICE: Info,
};

/** @param {{ message_type: string, tool_name?: string | null }} entry */
export const iconOf = ({ message_type: type, tool_name: tool }) =>
  OF_MESSAGES[type] ?? (tool ? OF_TOOLS[kindOf(tool)] : Brain);

/** @param {Group} group */
export const iconOfGroup = (group) => {
  if (group.same) return Repeat2;
  return group.kinds.read ? Files : Search;
};
