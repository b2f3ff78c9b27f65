"""Standing rules of an organization and of its user, which every agent gets.

An agent gets them in addition to its prompt whenever a session begins, also after an earlier
session was lost. The stored prompt stays what the person wrote. `RulesChange` bounds their length.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from agent_runs.store.engine.database import Database, Reader
from agent_runs.store.organization import preferences

_NAME = "rules"


@dataclass(frozen=True)
class Rules:
    """Standing rules, as Markdown; None for none.

    Attributes:
        organization_rules: what applies to all runs, as in a file `AGENTS.md`.
        user_custom_prompt: what the person who starts runs wants in addition.
    """

    organization_rules: str | None = None
    user_custom_prompt: str | None = None

    def text(self) -> str:
        """Return them as the agent gets them; "" if there are none."""
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
    """Set some of the rules for sessions that begin from now on; the other rules stay."""
    async with database.begin() as transaction:
        before = Rules(**await preferences.lock(transaction, organization_id, _NAME))
        rules = replace(before, **{name: text or None for name, text in changes.items()})
        await preferences.put(transaction, organization_id, _NAME, asdict(rules))
    return await get(database, organization_id)
