"""Stored values that the fields of a search can have."""

from agent_runs.search_query import FIELDS
from agent_runs.store.engine.database import Reader
from agent_runs.store.organization import repos
from agent_runs.store.search.terms import tools

_MOST = 200


async def known_values(reader: Reader) -> dict[str, list[str]]:
    """Return the values of each field, at most 200; none for fields of numbers or times."""
    agents = await reader.read_heavy(
        "select distinct agent from run where agent is not null order by agent limit :most",
        {"most": _MOST},
    )
    items, _ = await repos.page(reader, skip=0, limit=_MOST)
    values = {name: list(field.values) for name, field in FIELDS.items()}
    values["agent"] = [agent for (agent,) in agents]
    values["repo"] = sorted({repo.name for repo in items})
    values["tool"] = (await tools(reader))[:_MOST]
    return values
