"""What an organization has set for itself: small JSON objects with a name.

Known secrets are removed, except from objects with `holds_secrets`, which are never served as is.
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
    """Return the object `name`; an empty one if it is not stored."""
    rows = await reader.read(
        "select payload from preference where organization_id = :organization_id and name = :name",
        {"organization_id": organization_id, "name": name},
    )
    return orjson.loads(rows[0][0]) if rows else {}


async def lock(transaction: Transaction, organization_id: int, name: str) -> dict[str, JSON]:
    """Return the object `name`; nobody else can change it until the commit."""
    key = {"organization_id": organization_id, "name": name}
    # A missing row cannot be locked.
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
    """Store `fields` as the object `name`, in place of an earlier one.

    Args:
        transaction: they are stored once it commits.
        organization_id: whose they are.
        name: of the object.
        fields: JSON values.
        holds_secrets: keep known secrets in it; for what is never served.
    """
    redact = str if holds_secrets else transaction.redact
    params = {"organization_id": organization_id, "name": name, "payload": dump(fields, redact)}
    await transaction.write(_PUT, params)


async def remove(transaction: Transaction, organization_id: int, name: str) -> None:
    """Delete the object `name`."""
    await transaction.write(
        "delete from preference where organization_id = :organization_id and name = :name",
        {"organization_id": organization_id, "name": name},
    )
