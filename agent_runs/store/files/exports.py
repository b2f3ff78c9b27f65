"""What an export reads: ids of runs page by page, entries in parts of bounded size.

Nothing here holds a transaction open: a reader that takes an hour keeps nobody from writing, and
what changes meanwhile is read as it is when its turn comes.
"""

import secrets

from agent_runs.filters import RunFilter
from agent_runs.store.engine.database import Database, Reader
from agent_runs.store.engine.terms import all_of, any_of
from agent_runs.store.organization import preferences
from agent_runs.store.runs.lists import terms_of

_PART_ENTRIES = 2000
# A file is at hand, and small parts stay in memory that is warm; a server is asked less often.
_PART_BYTES = {"sqlite": 256 * 1024, "postgresql": 2 * 1024 * 1024}
_SERVER = "identity of this server"
_OF_THE_SERVER = 0  # no organization has this id


async def server_id(database: Database) -> str:
    """Return the name that this database has among all others; it is made when first asked for."""
    kept = await preferences.get(database, _OF_THE_SERVER, _SERVER)
    if "id" in kept:
        return kept["id"]
    async with database.begin() as transaction:
        kept = await preferences.lock(transaction, _OF_THE_SERVER, _SERVER)
        if "id" not in kept:
            kept = {"id": secrets.token_hex(16)}
            await preferences.put(transaction, _OF_THE_SERVER, _SERVER, kept)
    return kept["id"]


async def run_ids(reader: Reader, wanted: RunFilter, *, after_id: int, limit: int) -> list[int]:
    """Return ids of runs over `after_id`, ascending, at most `limit`."""
    terms, params = terms_of(wanted, reader.dialect)
    if wanted.status:
        terms.append(any_of("status", wanted.status, params))
    rows = await reader.read_heavy(
        f"select id from run{all_of([*terms, 'id > :after_id'])} order by id limit :limit",
        params | {"after_id": after_id, "limit": limit},
    )
    return [run_id for (run_id,) in rows]


async def entries(
    database: Database, run_id: int, *, first: int, last: int, before: bytes
) -> tuple[bytes, int]:
    """Return entries from `seq` `first` on and before `last`, as many as fit, and their number.

    They are JSON texts, each opened by `before` in place of its brace.
    """
    return await database.read_objects(
        "select seq, payload from log where run_id = :run_id and seq >= :first and seq < :last"
        " order by seq limit :limit",
        {"run_id": run_id, "first": first, "last": last, "limit": _PART_ENTRIES},
        before=before,
        most_bytes=_PART_BYTES[database.dialect],
    )
