"""Saved views: named searches and filters of the run list, shared by everybody."""

from typing import Any

from agent_runs.errors import Conflict, ViewNotFound
from agent_runs.models import JSON, SavedView
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import clean_text, dump, now

MOST = 500
"""How many views there can be, because one response lists all of them."""


async def insert(
    transaction: Transaction, *, organization_id: int, name: str, kind: str, query: str
) -> SavedView:
    """Store a view.

    Raises:
        Conflict: another one of its kind has the name, or there are too many.
    """
    ((number,),) = await transaction.execute("select count(*) from saved_view")
    if number >= MOST:
        raise Conflict(f"There are already {MOST} saved views. Remove one first.")
    await _refuse_taken(transaction, organization_id, kind, name)
    ((view_id,),) = await transaction.execute(
        "insert into saved_view (organization_id, kind, name, payload)"
        " values (:organization_id, :kind, :name, '') returning id",
        {"organization_id": organization_id, "kind": kind, "name": clean_text(name)},
    )
    present = now()
    fields: dict[str, JSON] = {"id": view_id, "name": name, "kind": kind, "query": query}
    return await _write(transaction, fields | {"created_at": present, "updated_at": present})


async def change(
    transaction: Transaction, view_id: int, *, name: str | None = None, query: str | None = None
) -> SavedView:
    """Set the name or query of a view; None keeps it.

    Raises:
        ViewNotFound: there is no such view.
        Conflict: another one of its kind has the name.
    """
    view, organization_id = await _locked(transaction, view_id)
    if name is not None and name != view.name:
        await _refuse_taken(transaction, organization_id, view.kind, name)
    fields: dict[str, JSON] = view.model_dump() | {"updated_at": now()}
    if name is not None:
        fields["name"] = name
    if query is not None:
        fields["query"] = query
    return await _write(transaction, fields)


async def get(reader: Reader, view_id: int) -> SavedView:
    """Return one view.

    Raises:
        ViewNotFound: there is no such view.
    """
    rows = await reader.read("select payload from saved_view where id = :id", {"id": view_id})
    if not rows:
        raise ViewNotFound(view_id)
    return SavedView.model_validate_json(rows[0][0])


async def list_(reader: Reader, kind: str | None = None) -> list[SavedView]:
    """Return all views, or those of one kind, by name."""
    where = "" if kind is None else " where kind = :kind"
    rows = await reader.read(
        f"select payload from saved_view{where}", {} if kind is None else {"kind": kind}
    )
    views = [SavedView.model_validate_json(payload) for (payload,) in rows]
    # Not in SQL: the two engines sort letters differently.
    return sorted(views, key=lambda view: (view.name.casefold(), view.id))


async def remove(transaction: Transaction, view_id: int) -> None:
    """Delete a view.

    Raises:
        ViewNotFound: there is no such view.
    """
    rows = await transaction.execute(
        "delete from saved_view where id = :id returning id", {"id": view_id}
    )
    if not rows:
        raise ViewNotFound(view_id)


async def _locked(transaction: Transaction, view_id: int) -> tuple[SavedView, int]:
    rows = await transaction.execute(
        f"select payload, organization_id from saved_view where id = :id{transaction.for_update}",
        {"id": view_id},
    )
    if not rows:
        raise ViewNotFound(view_id)
    return SavedView.model_validate_json(rows[0][0]), rows[0][1]


async def _refuse_taken(
    transaction: Transaction, organization_id: int, kind: str, name: str
) -> None:
    rows = await transaction.execute(
        "select id from saved_view where organization_id = :organization_id and kind = :kind"
        " and name = :name",
        {"organization_id": organization_id, "kind": kind, "name": clean_text(name)},
    )
    if rows:
        raise Conflict(f"There is already a saved view {name!r}, with the id {rows[0][0]}.")


async def _write(transaction: Transaction, fields: dict[str, Any]) -> SavedView:
    payload = dump(fields, transaction.redact)
    view = SavedView.model_validate_json(payload)
    await transaction.write(
        "update saved_view set name = :name, payload = :payload where id = :id",
        {"name": view.name, "payload": payload, "id": view.id},
    )
    return view
