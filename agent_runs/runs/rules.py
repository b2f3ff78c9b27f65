"""Standing rules of an organization and of its user: kept once, told to every agent.

They are added to what the agent gets when its session begins; the stored prompt stays what the
person wrote.
"""

from dataclasses import dataclass

from agent_runs.store import preferences
from agent_runs.store.database import Database, Reader

LONGEST = 50_000
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


async def get(reader: Reader, organization_id: int) -> Rules:
    """Return the rules of an organization."""
    return Rules(**await preferences.get(reader, organization_id, _NAME))


async def save(database: Database, organization_id: int, rules: Rules) -> None:
    """Keep the rules for all sessions that begin from now on."""
    fields = {
        "organization_rules": rules.organization_rules or None,
        "user_custom_prompt": rules.user_custom_prompt or None,
    }
    async with database.begin() as transaction:
        await preferences.put(transaction, organization_id, _NAME, fields)


async def with_rules(reader: Reader, organization_id: int, prompt: str) -> str:
    """Return the prompt as the agent gets it.

    The rules come last: an agent may look at the beginning for a command of its own.
    """
    rules = await get(reader, organization_id)
    parts = [prompt]
    if rules.organization_rules:
        parts.append(f"Rules of this organization:\n\n{rules.organization_rules}")
    if rules.user_custom_prompt:
        parts.append(f"What the user always wants:\n\n{rules.user_custom_prompt}")
    return "\n\n---\n\n".join(parts)
