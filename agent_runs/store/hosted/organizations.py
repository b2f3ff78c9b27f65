"""Organizations of hosted accounts that are or were mirrored here, each under an id of ours.

The id is upstream's where that is free, so that who knows the one knows the other; 1 is always the
local organization. `history` says how far the older runs were brought in.
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
        history: how far older runs were brought in, as it was put; {} at first.
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
    """Return an organization, and keep it when it is new or its name is.

    Args:
        name: None when it is not known; a kept one stays.
    """
    known = await list_(transaction)
    for each in known:
        if (each.base_url, each.upstream_id) == (base_url, upstream_id):
            if name and name != each.name:
                await transaction.write(
                    "update hosted_organization set name = :name where id = :id",
                    {"name": name, "id": each.id},
                )
            return each._replace(name=name or each.name)
    made = HostedOrganization(
        _free_id(upstream_id, {each.id for each in known}),
        base_url,
        upstream_id,
        name or f"Organization {upstream_id}",
        {},
    )
    await transaction.write(
        "insert into hosted_organization (id, base_url, upstream_id, name, history)"
        " values (:id, :base_url, :upstream_id, :name, '{}')",
        {"id": made.id, "base_url": base_url, "upstream_id": upstream_id, "name": made.name},
    )
    return made


async def put_history(
    transaction: Transaction, organization_id: int, history: dict[str, JSON]
) -> None:
    """Keep how far older runs were brought in."""
    await transaction.write(
        "update hosted_organization set history = :history where id = :id",
        {"history": orjson.dumps(history).decode(), "id": organization_id},
    )


async def claim(transaction: Transaction, organization_id: int, worker: str) -> bool:
    """Let one process follow an organization; False while another one that lives does.

    Who lives is what table `worker` says; the dead are taken out of it.
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


def _free_id(upstream_id: str, taken: set[int]) -> int:
    if upstream_id.isascii() and upstream_id.isdigit():
        wanted = int(upstream_id)
        if LOCAL_ORGANIZATION < wanted < min(_LARGEST_ID, _FIRST_FREE_ID) and wanted not in taken:
            return wanted
    return max([_FIRST_FREE_ID - 1, *(each for each in taken if each >= _FIRST_FREE_ID)]) + 1
