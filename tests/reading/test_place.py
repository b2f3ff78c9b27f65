"""Where a run works, and what can be asked of it there."""

from datetime import UTC, datetime

import pytest

from agent_runs.models import AgentRun
from agent_runs.reading.place import can_queue, can_resume, place_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("provider", "imported_at", "place", "resume", "queue"),
    [
        ("acp", None, "here", True, True),
        ("codegen", None, "upstream", True, False),
        ("claude_code", None, "watched", False, False),
        ("acp", NOW, "imported", False, False),
        ("codegen", NOW, "imported", False, False),
        ("claude_code", NOW, "imported", False, False),
    ],
)
def test_the_provider_says_where_a_run_works_unless_it_was_imported(
    provider: str, imported_at: datetime | None, place: str, resume: bool, queue: bool
) -> None:
    run = AgentRun(id=1, created_at=NOW, provider=provider, imported_at=imported_at)
    assert (place_of(run), can_resume(run), can_queue(run)) == (place, resume, queue)
