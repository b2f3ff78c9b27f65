"""What an organization has set for itself: small JSON objects under a name.

They may hold secrets of webhooks, so they are stored as given and never served as they are.
"""

import orjson

from agent_runs.models import JSON
from agent_runs.store.database import Reader, Transaction
from agent_runs.store.payloads import dump

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


async def put(
    transaction: Transaction, organization_id: int, name: str, fields: dict[str, JSON]
) -> None:
    """Keep `fields` under `name`, in place of what was kept there."""
    params = {"organization_id": organization_id, "name": name, "payload": dump(fields, str)}
    await transaction.write(_PUT, params)


async def remove(transaction: Transaction, organization_id: int, name: str) -> None:
    """Keep nothing under `name`."""
    await transaction.write(
        "delete from preference where organization_id = :organization_id and name = :name",
        {"organization_id": organization_id, "name": name},
    )
