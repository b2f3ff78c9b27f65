"""The agent of the screenshots: the scripted agent, with a script for each known prompt.

`scripts/screenshots.py` starts it under the names of real agents, so the pictures show realistic
runs. It does what the script says: writes files, runs commands, asks, fails.
"""

import asyncio
from typing import Any

from agent_runs.providers.acp.scripted import Scripted, main

RETRY = """import asyncio

from sqlalchemy.dialects.postgresql import insert


async def deliver(event, session, settings):
    \"\"\"Send an event once, however often we are asked to.\"\"\"
    async with session.begin():
        stmt = (
            insert(Delivery)
            .values(event_id=event.id, idempotency_key=event.key)
            .on_conflict_do_nothing(index_elements=["idempotency_key"])
        )
        if (await session.execute(stmt)).rowcount == 0:
            return await get_delivery(session, event.key)
    return await send(event, timeout=settings.webhook_timeout)
"""
MODEL = """class Delivery(Base):
    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    attempt: Mapped[int] = mapped_column(default=0)
"""


def _in_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


SCRIPTS = {
    "Make webhook retries": [
        "/think Look at how deliveries are stored first, then decide where the key belongs.",
        "/search attempt",
        "/read src/webhooks/retry.py",
        "/read src/models/delivery.py",
        "/think The key must be unique in the database. A check in Python would still race.",
        f"/write src/webhooks/retry.py {_in_line(RETRY)}",
        f"/write src/models/delivery.py {_in_line(MODEL)}",
        "/run echo 'tests/webhooks/test_replay.py F'; echo 'E  NameError: Delivery'; exit 1",
        "/think The import of the model is missing.",
        f"/write src/webhooks/retry.py from models.delivery import Delivery\\n{_in_line(RETRY)}",
        "/run printf 'tests/webhooks ........................\\n24 passed in 1.82s\\n'",
        "/say Retries are idempotent now. A **unique key** in `delivery` decides who sends, so two "
        "workers that race deliver once. `pytest tests/webhooks` passes: **24 tests**.",
    ],
    "Then move deliveries": [
        "/think A dead letter keeps the payload, the last error and the number of attempts.",
        "/write src/models/dead_letter.py class DeadLetter(Base):\\n"
        '    __tablename__ = "dead_letter"\\n\\n    payload: Mapped[dict]\\n    error: Mapped[str]',
        "/run printf 'INFO  Running upgrade 0041 -> 0042, dead letters\\n'",
        "/sleep 3600",
    ],
    "Rotate the staging": [
        "/think The workers still hold the old connection pool.",
        "/run echo 'secret/staging/db updated, version 14'",
        "/ask docker compose -f staging.yml up -d --force-recreate worker",
        "/say The workers use the new password.",
    ],
    "Find why checkout": [
        "/think Compare the traces of both deploys before reading code.",
        "/search useCartTotals",
        "/read app/cart.ts",
        "/sleep 3600",
    ],
    "Upgrade SQLAlchemy": [
        "/search select 1",
        "/run echo 'collected 312 items'; echo \"E  ArgumentError: Textual SQL expression "
        "'select 1' should be explicitly declared as text('select 1')\"; exit 1",
        "/error 500 pytest exited 1: ArgumentError: Textual SQL expression 'select 1' should be "
        "explicitly declared as text('select 1')",
    ],
    "Cache resized avatars": [
        "/think An LRU of 512 entries covers 97 % of the requests of a day.",
        "/write src/avatars.py from functools import lru_cache\\n\\n\\n@lru_cache(maxsize=512)\\n"
        "def resized(user_id: int, size: int) -> bytes:\\n    return resize(load(user_id), size)",
        "/run printf '41 passed in 3.20s\\n'",
        "/say Added an LRU of 512 entries and conditional GET. p95 on /avatars fell from 180 ms "
        "to 12 ms.",
    ],
    "Merge the two German": [
        "/search checkout.total",
        "/run echo 'compared 214 keys, 208 are the same'",
        "/say Merged: 208 keys were the same, 6 were taken from `de_DE.json`.",
    ],
    "Add request and": [
        "/search openapi",
        "/run printf 'schemathesis: 121 passed\\n'",
        "/say Every endpoint under `/v1` has an example of its request and its answer.",
    ],
}


class Actor(Scripted):
    """Follows the script of its prompt."""

    async def answer(self, method: str, params: dict[str, Any]) -> Any:
        """Return the result of a request; replace a known prompt by its script."""
        blocks: list[dict[str, str]] = params.get("prompt") or []
        for block in blocks:
            script = next(
                (lines for start, lines in SCRIPTS.items() if start in block.get("text", "")), None
            )
            if script:
                block["text"] = "\n".join(script)
        return await super().answer(method, params)


if __name__ == "__main__":
    asyncio.run(main(Actor))
