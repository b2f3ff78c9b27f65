"""What a run tells an agent that lost its session: everything up to the present turn."""

from datetime import UTC, datetime

import pytest

from agent_runs.models import MessageType, NewLog
from agent_runs.runs import history
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs

pytestmark = pytest.mark.anyio


def entry(message_type: str, text: str, turn: int) -> NewLog:
    now = datetime.now(UTC)
    return NewLog(created_at=now, message_type=message_type, turn=turn, observation=text)


async def test_the_history_does_not_hold_the_prompt_of_the_present_turn(
    database: Database,
) -> None:
    said = [
        entry(MessageType.USER_MESSAGE, "Write a file.", 1),
        entry(MessageType.FINAL_ANSWER, "Done.", 1),
        entry(MessageType.USER_MESSAGE, "What did you write?", 2),
    ]
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="Write a file.", agent="one")
        await logs.append(transaction, run.id, None, said)
    text = await history.digest(database, run.id, len(said), before_turn=2)
    assert text == "User: Write a file.\nYou: Done."
