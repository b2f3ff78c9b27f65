"""Standing rules of an organization and of its user: kept once, told to every agent.

The agent gets them besides its prompt whenever a session of it begins, also when a former one is
lost; the stored prompt stays what the person wrote.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from agent_runs.store.engine.database import Database, Reader
from agent_runs.store.organization import preferences

_NAME = "rules"


@dataclass(frozen=True)
class Rules:
    """Standing rules, as Markdown; None where there are none.

    Attributes:
        organization_rules: what holds for all runs, as in a file `AGENTS.md`.
        user_custom_prompt: what the person who starts runs wants besides.
    """

    organization_rules: str | None = None
    user_custom_prompt: str | None = None

    def text(self) -> str:
        """Return them as the agent is told; "" when there are none."""
        parts: list[str] = []
        if self.organization_rules:
            parts.append(f"Rules of this organization:\n\n{self.organization_rules}")
        if self.user_custom_prompt:
            parts.append(f"What the user always wants:\n\n{self.user_custom_prompt}")
        return "\n\n".join(parts)


async def get(reader: Reader, organization_id: int) -> Rules:
    """Return the rules of an organization."""
    return Rules(**await preferences.get(reader, organization_id, _NAME))


async def change(
    database: Database, organization_id: int, changes: Mapping[str, str | None]
) -> Rules:
    """Set some of the rules for all sessions that begin from now on; the others stay."""
    async with database.begin() as transaction:
        kept = Rules(**await preferences.lock(transaction, organization_id, _NAME))
        rules = replace(kept, **{name: text or None for name, text in changes.items()})
        await preferences.put(transaction, organization_id, _NAME, asdict(rules))
    return await get(database, organization_id)
