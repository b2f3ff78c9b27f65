"""Where a run works, and what it can be asked there."""

import pytest

from agent_runs.reading.run import reading_of


@pytest.mark.parametrize(
    ("provider", "imported_at", "place", "can"),
    [
        ("acp", None, "here", ["resume", "queue"]),
        ("codegen", None, "upstream", ["resume"]),
        ("claude_code", None, "watched", []),
        ("acp", "2026-11-22T12:00:00Z", "imported", []),
        ("codegen", "2026-11-22T12:00:00Z", "imported", []),
        ("claude_code", "2026-11-22T12:00:00Z", "imported", []),
    ],
)
def test_the_provider_says_where_a_run_works_unless_it_was_imported(
    provider: str, imported_at: str | None, place: str, can: list[str]
) -> None:
    run = {"id": 1, "status": "ACTIVE", "provider": provider, "imported_at": imported_at}
    read = reading_of(run)
    assert (read["place"], read["can"]) == (place, can)
