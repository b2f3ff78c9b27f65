"""What an organization has set for itself: small JSON objects under a name.

Known secrets are taken out, but for what says that it holds some: that is never served as it is.
"""

import orjson

from agent_runs.models import JSON
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import dump

_PUT = """
    insert into preference (organization_id, name, payload)
    values (:organization_id, :name, :payload)
    on conflict (organization_id, name) do update set payload = excluded.payload
"""


async def get(reader: Reader, organization_id: int, name: str) -> dict[str, JSON]:
    """Return what is kept under `name`; an empty object when nothing is."""
    rows = await reader.read(
        "select payload from preference where organization_id = :organization_id and name = :name",
        {"organization_id": organization_id, "name": name},
    )
    return orjson.loads(rows[0][0]) if rows else {}


async def lock(transaction: Transaction, organization_id: int, name: str) -> dict[str, JSON]:
    """Return what is kept under `name`; nobody else can change it until the commit."""
    key = {"organization_id": organization_id, "name": name}
    # A row that is not there cannot be locked.
    await transaction.write(
        "insert into preference (organization_id, name, payload)"
        " values (:organization_id, :name, '{}') on conflict (organization_id, name) do nothing",
        key,
    )
    rows = await transaction.execute(
        "select payload from preference where organization_id = :organization_id"
        f" and name = :name{transaction.for_update}",
        key,
    )
    return orjson.loads(rows[0][0])


async def put(
    transaction: Transaction,
    organization_id: int,
    name: str,
    fields: dict[str, JSON],
    *,
    holds_secrets: bool = False,
) -> None:
    """Keep `fields` under `name`, in place of what was kept there.

    Args:
        transaction: they are kept once it commits.
        organization_id: whose they are.
        name: what they are found by.
        fields: JSON values.
        holds_secrets: keep known secrets as they are; for what is never served.
    """
    redact = str if holds_secrets else transaction.redact
    params = {"organization_id": organization_id, "name": name, "payload": dump(fields, redact)}
    await transaction.write(_PUT, params)


async def remove(transaction: Transaction, organization_id: int, name: str) -> None:
    """Keep nothing under `name`."""
    await transaction.write(
        "delete from preference where organization_id = :organization_id and name = :name",
        {"organization_id": organization_id, "name": name},
    )
