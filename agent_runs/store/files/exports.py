"""What an export reads: ids of runs page by page, entries in parts of bounded size.

Nothing here keeps a transaction open, so a reader that takes an hour blocks no writer. What changes
in the meantime is exported as it is when its turn comes.
"""

import secrets

from agent_runs.filters import RunFilter
from agent_runs.store.engine.database import Database, Reader
from agent_runs.store.engine.terms import all_of, any_of
from agent_runs.store.organization import preferences
from agent_runs.store.runs.lists import terms_of

_PART_ENTRIES = 2000
# Small parts stay in warm memory; a server costs a round trip for each.
_PART_BYTES = {"sqlite": 256 * 1024, "postgresql": 2 * 1024 * 1024}
_SERVER = "identity of this server"
_OF_THE_SERVER = 0  # no organization has this id


async def server_id(database: Database) -> str:
    """Return the unique name of this database; the first call creates it."""
    identity = await preferences.get(database, _OF_THE_SERVER, _SERVER)
    if "id" in identity:
        return identity["id"]
    async with database.begin() as transaction:
        identity = await preferences.lock(transaction, _OF_THE_SERVER, _SERVER)
        if "id" not in identity:
            identity = {"id": secrets.token_hex(16)}
            await preferences.put(transaction, _OF_THE_SERVER, _SERVER, identity)
    return identity["id"]


async def run_ids(reader: Reader, run_filter: RunFilter, *, after_id: int, limit: int) -> list[int]:
    """Return ids of runs above `after_id`, ascending, at most `limit`."""
    terms, params = terms_of(run_filter, reader.dialect)
    if run_filter.status:
        terms.append(any_of("status", run_filter.status, params))
    rows = await reader.read_heavy(
        f"select id from run{all_of([*terms, 'id > :after_id'])} order by id limit :limit",
        params | {"after_id": after_id, "limit": limit},
    )
    return [run_id for (run_id,) in rows]


async def entries(
    database: Database, run_id: int, *, first: int, last: int, before: bytes
) -> tuple[bytes, int]:
    """Return entries with `seq` from `first` to before `last`, as many as fit, and their number.

    They are JSON texts; `before` replaces the opening brace of each.
    """
    return await database.read_objects(
        "select seq, payload from log where run_id = :run_id and seq >= :first and seq < :last"
        " order by seq limit :limit",
        {"run_id": run_id, "first": first, "last": last, "limit": _PART_ENTRIES},
        before=before,
        most_bytes=_PART_BYTES[database.dialect],
    )
