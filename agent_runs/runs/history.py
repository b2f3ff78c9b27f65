"""A run's past as a short text, for an agent that cannot take up its old session."""

from agent_runs.models import AgentRunLog, MessageType
from agent_runs.store import logs
from agent_runs.store.database import Database

_ENTRIES = 200
_LINE = 600
_TEXT = 12_000


async def digest(database: Database, run_id: int, log_count: int) -> str:
    """Return the latest entries as lines, oldest first, at most 12 000 characters; "" for none."""
    first = max(log_count - _ENTRIES, 0)
    entries = await logs.read(database, run_id, after_seq=first - 1, limit=_ENTRIES)
    lines = [line for entry in entries if (line := _line(entry))]
    text = "\n".join(lines)
    return text if len(text) <= _TEXT else "…\n" + text[-_TEXT:]


def _line(entry: AgentRunLog) -> str:
    observation = entry.observation if isinstance(entry.observation, str) else ""
    match entry.message_type:
        case MessageType.USER_MESSAGE:
            text = f"User: {observation}"
        case MessageType.FINAL_ANSWER:
            text = f"You: {observation}"
        case MessageType.ACTION:
            title = (entry.tool_input or {}).get("title") or entry.tool_input or ""
            text = f"You used {entry.tool_name}: {title}"
        case MessageType.ERROR:
            text = f"It ended with an error: {observation}"
        case _:
            return ""
    return text if len(text) <= _LINE else text[:_LINE] + "…"
