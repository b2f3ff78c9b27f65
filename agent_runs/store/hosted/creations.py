"""Runs to create at another server: each step is stored before the next one.

The text and images of the prompt are stored with the run's first turn; `payload` has the rest.
"""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from agent_runs.models import JSON
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.terms import any_of

_COLUMNS = "run_id, organization_id, request_key, state, payload"


class StoredCreation(NamedTuple):
    """A creation as it is stored.

    Attributes:
        run_id: the run here.
        organization_id: ours.
        request_key: what upstream's run has in its metadata.
        state: a word of `CreationState`.
        payload: everything else about it.
    """

    run_id: int
    organization_id: int
    request_key: str
    state: str
    payload: dict[str, JSON]


async def put(transaction: Transaction, creation: StoredCreation) -> None:
    """Store a creation."""
    fields = creation._asdict() | {"payload": orjson.dumps(creation.payload).decode()}
    await transaction.write(
        f"insert into hosted_creation ({_COLUMNS})"
        " values (:run_id, :organization_id, :request_key, :state, :payload)"
        " on conflict (run_id) do update set state = excluded.state, payload = excluded.payload",
        fields,
    )


async def move(transaction: Transaction, before: str, creation: StoredCreation) -> bool:
    """Store a creation if it is still in the state in which it was read; otherwise return False.

    Args:
        before: the state in which it was read.
    """
    rows = await transaction.execute(
        "update hosted_creation set state = :state, payload = :payload"
        " where run_id = :run_id and state = :before returning run_id",
        {
            "state": creation.state,
            "payload": orjson.dumps(creation.payload).decode(),
            "run_id": creation.run_id,
            "before": before,
        },
    )
    return bool(rows)


async def in_states(
    reader: Reader, organization_id: int, states: Sequence[str]
) -> list[StoredCreation]:
    """Return an organization's creations in one of the states, oldest first."""
    params: dict[str, JSON] = {"organization_id": organization_id}
    rows = await reader.read(
        f"select {_COLUMNS} from hosted_creation where organization_id = :organization_id"
        f" and {any_of('state', states, params)} order by run_id",
        params,
    )
    return [_parse(row) for row in rows]


async def get(reader: Reader, run_id: int) -> StoredCreation | None:
    """Return the creation of a run; None if it was not created from here."""
    rows = await reader.read(
        f"select {_COLUMNS} from hosted_creation where run_id = :run_id", {"run_id": run_id}
    )
    return _parse(rows[0]) if rows else None


async def runs_by_key(reader: Reader, keys: Sequence[str]) -> dict[str, int]:
    """Return key → our run id, for the keys that are ours."""
    if not keys:
        return {}
    params: dict[str, JSON] = {}
    rows = await reader.read(
        f"select request_key, run_id from hosted_creation where"
        f" {any_of('request_key', keys, params)}",
        params,
    )
    return {key: int(run_id) for key, run_id in rows}


async def run_ids(reader: Reader, organization_id: int) -> set[int]:
    """Return the runs of an organization that were created from here."""
    rows = await reader.read_heavy(
        "select run_id from hosted_creation where organization_id = :organization_id",
        {"organization_id": organization_id},
    )
    return {int(run_id) for (run_id,) in rows}


def _parse(row: tuple[JSON, ...]) -> StoredCreation:
    run_id, organization_id, key, state, payload = row
    return StoredCreation(run_id, organization_id, key, state, orjson.loads(payload))
