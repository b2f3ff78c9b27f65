"""The searchable text of a run: title, prompts and results, a bounded part of each.

Entries are indexed where they are written. The words of a run change with its turns, so each such
change rewrites the text. That is rare: a few times in the life of a run.
"""

import orjson

from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.words import fold

_PART_LENGTH = 20_000
_LENGTH = 100_000


async def keep(transaction: Transaction, run_id: int) -> None:
    """Store what the search finds of the run now."""
    body = await text(transaction, run_id)
    # Not an update: SQLite's search index follows inserts and deletes.
    await transaction.write("delete from run_text where run_id = :run_id", {"run_id": run_id})
    params = {"run_id": run_id, "body": body}
    if transaction.dialect == "postgresql":
        await transaction.write(
            "insert into run_text (run_id, body, search)"
            " values (:run_id, :body, to_tsvector('agent_runs', :search))",
            params | {"search": fold(body)},
        )
    else:
        # A trigger fills the search index.
        await transaction.write(
            "insert into run_text (run_id, body) values (:run_id, :body)", params
        )


async def text(reader: Reader, run_id: int) -> str:
    """Return title, prompts and results of a run, one per line; empty if it is gone."""
    rows = await reader.read("select payload from run where id = :run_id", {"run_id": run_id})
    if not rows:
        return ""
    turns = await reader.read(
        f"select substr(prompt, 1, {_PART_LENGTH}), substr(result, 1, {_PART_LENGTH}) from turn"
        " where run_id = :run_id order by turn",
        {"run_id": run_id},
    )
    parts = [orjson.loads(rows[0][0]).get("title"), *(part for turn in turns for part in turn)]
    return "\n".join(part for part in parts if part)[:_LENGTH]
