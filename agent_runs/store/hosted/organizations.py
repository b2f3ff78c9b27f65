"""Organizations of hosted accounts that are or were mirrored here, each with our own id.

If upstream's id is free here, ours is the same; 1 is always the local organization. `history` says
how far the earlier runs were read.
"""

from typing import NamedTuple

import orjson

from agent_runs.models import JSON, LOCAL_ORGANIZATION
from agent_runs.store.engine.database import Reader, Transaction

_FIRST_FREE_ID = 1_000_000_001
_LARGEST_ID = 2**31


class HostedOrganization(NamedTuple):
    """An organization at another server.

    Attributes:
        id: ours.
        base_url: of the server, without `/v1`.
        upstream_id: its id there.
        name: for people.
        history: how far earlier runs were read, as passed to `put_history`; {} at first.
    """

    id: int
    base_url: str
    upstream_id: str
    name: str
    history: dict[str, JSON]


async def list_(reader: Reader) -> list[HostedOrganization]:
    """Return all of them, by id."""
    rows = await reader.read(
        "select id, base_url, upstream_id, name, history from hosted_organization order by id"
    )
    return [
        HostedOrganization(own_id, base_url, upstream_id, name, orjson.loads(history))
        for own_id, base_url, upstream_id, name, history in rows
    ]


async def put(
    transaction: Transaction, *, base_url: str, upstream_id: str, name: str | None
) -> HostedOrganization:
    """Return an organization; store it if it or its name is new.

    Args:
        name: None if it is unknown; a stored name stays.
    """
    stored = await list_(transaction)
    for it in stored:
        if (it.base_url, it.upstream_id) == (base_url, upstream_id):
            if name and name != it.name:
                await transaction.write(
                    "update hosted_organization set name = :name where id = :id",
                    {"name": name, "id": it.id},
                )
            return it._replace(name=name or it.name)
    new = HostedOrganization(
        _free_id(upstream_id, {it.id for it in stored}),
        base_url,
        upstream_id,
        name or f"Organization {upstream_id}",
        {},
    )
    await transaction.write(
        "insert into hosted_organization (id, base_url, upstream_id, name, history)"
        " values (:id, :base_url, :upstream_id, :name, '{}')",
        {"id": new.id, "base_url": base_url, "upstream_id": upstream_id, "name": new.name},
    )
    return new


async def put_history(
    transaction: Transaction, organization_id: int, history: dict[str, JSON]
) -> None:
    """Store how far earlier runs were read."""
    await transaction.write(
        "update hosted_organization set history = :history where id = :id",
        {"history": orjson.dumps(history).decode(), "id": organization_id},
    )


async def claim(transaction: Transaction, organization_id: int, worker: str) -> bool:
    """Let one process follow an organization; False while another live process does.

    Table `worker` says which processes are alive; dead ones are removed from it.
    """
    rows = await transaction.execute(
        "update hosted_organization set worker = :worker where id = :id and (worker is null or"
        " worker = :worker or worker not in (select name from worker)) returning id",
        {"id": organization_id, "worker": worker},
    )
    return bool(rows)


async def release(transaction: Transaction, worker: str) -> None:
    """Let others follow what this process followed."""
    await transaction.write(
        "update hosted_organization set worker = null where worker = :worker", {"worker": worker}
    )


def _free_id(upstream_id: str, ids: set[int]) -> int:
    if upstream_id.isascii() and upstream_id.isdigit():
        same = int(upstream_id)
        if LOCAL_ORGANIZATION < same < min(_LARGEST_ID, _FIRST_FREE_ID) and same not in ids:
            return same
    return max([_FIRST_FREE_ID - 1, *(own_id for own_id in ids if own_id >= _FIRST_FREE_ID)]) + 1
