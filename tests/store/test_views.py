"""Saved views on both engines."""

import pytest

from agent_runs.errors import Conflict, ViewNotFound
from agent_runs.store.engine.database import Database
from agent_runs.store.organization import views

pytestmark = pytest.mark.anyio


async def save(database: Database, name: str, kind: str = "search") -> int:
    async with database.begin() as transaction:
        view = await views.insert(
            transaction, organization_id=1, name=name, kind=kind, query="word"
        )
    return view.id


async def test_views_are_kept_by_name_and_their_ids_are_never_used_again(
    database: Database,
) -> None:
    ids = [await save(database, name) for name in ("b", "Ä", "a", "x\ud800")]
    assert [view.name for view in await views.list_(database)] == ["a", "b", "x\ufffd", "Ä"]
    async with database.begin() as transaction:
        await views.remove(transaction, ids[-1])
        with pytest.raises(ViewNotFound):
            await views.remove(transaction, ids[-1])
    assert await save(database, "new") > ids[-1]


async def test_a_name_can_be_kept_while_the_query_changes(database: Database) -> None:
    view_id = await save(database, "a")
    await save(database, "a", "runs")
    async with database.begin() as transaction:
        changed = await views.change(transaction, view_id, name="a", query="other")
    assert await views.get(database, view_id) == changed
    await save(database, "b")
    with pytest.raises(Conflict):
        async with database.begin() as transaction:
            await views.change(transaction, view_id, name="b")
    assert (await views.get(database, view_id)).name == "a"


async def test_there_is_a_limit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST", 2)
    await save(database, "a")
    await save(database, "b")
    with pytest.raises(Conflict, match="Remove one"):
        await save(database, "c")
