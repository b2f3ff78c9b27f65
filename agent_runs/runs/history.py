"""A run's past as a short text, for an agent that cannot resume its old session."""

from agent_runs.models import JSON, AgentRunLog, MessageType
from agent_runs.reading.entry import text_of
from agent_runs.reading.text import cut
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs

_ENTRIES = 200
_LINE = 600
_TEXT = 12_000
_STEP = 2_000
_STEPS_TEXT = 40_000


async def digest(database: Database, run_id: int, log_count: int, *, before_turn: int) -> str:
    """Return the latest entries as lines, oldest first, at most 12 000 characters; "" for none.

    Args:
        database: where they are.
        run_id: of the run.
        log_count: how many entries it has.
        before_turn: entries of this turn are left out: its prompt reaches the agent anyway.
    """
    first = max(log_count - _ENTRIES, 0)
    entries = await logs.read(database, run_id, after_seq=first - 1, limit=_ENTRIES)
    earlier = (entry for entry in entries if entry.turn < before_turn)
    lines = [line for entry in earlier if (line := _line(entry))]
    text = "\n".join(lines)
    return text if len(text) <= _TEXT else "…\n" + text[-_TEXT:]


async def steps(database: Database, run_id: int, log_count: int) -> str:
    """Return the latest entries with the results of tools, at most 40 000 characters."""
    first = max(log_count - _ENTRIES, 0)
    entries = await logs.read(database, run_id, after_seq=first - 1, limit=_ENTRIES)
    text = "\n".join(map(_step, entries))
    return text if len(text) <= _STEPS_TEXT else "…\n" + text[-_STEPS_TEXT:]


def _step(entry: AgentRunLog) -> str:
    values: list[JSON] = [entry.thought, entry.observation]
    if entry.message_type == MessageType.ACTION:
        values = [entry.thought, entry.tool_name, entry.tool_input, entry.tool_output]
    words = " | ".join(value if isinstance(value, str) else str(value) for value in values if value)
    at = entry.created_at.strftime("%H:%M:%S")
    return f"[{entry.seq}] {at} {entry.message_type}: {cut(words, _STEP)}"


def _line(entry: AgentRunLog) -> str:
    observation = text_of(entry.observation)
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
    return cut(text, _LINE)
