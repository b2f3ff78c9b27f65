"""What the pages say of hosted accounts."""

from agent_runs.reading.hosted import facts_of, lines_of

TROUBLE = {
    "trouble": "token_refused",
    "since": "2026-11-27T04:10:18Z",
    "next_try": "2026-11-27T04:11:18Z",
    "message": "The token is not valid.",
    "run": None,
}


def organization(**fields: object) -> dict[str, object]:
    known: dict[str, object] = {
        "organization_id": 323,
        "name": "Twin",
        "upstream_id": "323",
        "state": "ok",
        "age_seconds": 1.2,
        "remaining": {"total": 57, "logs": 50, "create": 10},
        "limited_until": None,
        "troubles": [],
        "history": {"total": 10, "whole": 10, "listed": True, "said": "10 runs, all here"},
        "waiting": 0,
    }
    return known | fields


def test_an_account_that_is_well_and_whole_asks_for_no_attention() -> None:
    (line,) = lines_of({"items": [organization()], "accounts": []})
    assert (line.trouble, line.progress, line.word) == ("", "", "Up to date")


def test_a_trouble_says_since_when_the_next_try_and_what_is_safe() -> None:
    sick = organization(state="token_refused", troubles=[TROUBLE])
    (line,) = lines_of({"items": [sick], "accounts": []})
    assert (line.word, line.tone) == ("Token refused", "red")
    assert line.trouble == (
        "The token is not valid. Since 04:10 UTC, next try at 04:11 UTC. You can still read "
        "everything stored here. New runs wait, and you can cancel them."
    )


def test_history_shows_how_far_it_is() -> None:
    partly = {"total": 8, "whole": 2, "listed": True, "said": "2 of 8 runs, about 1 min left"}
    (line,) = lines_of({"items": [organization(history=partly)], "accounts": []})
    assert (line.progress, line.percent) == ("2 of 8 runs, about 1 min left", 25)


def test_an_account_without_organizations_is_named_by_its_address() -> None:
    (line,) = lines_of({"items": [], "accounts": [TROUBLE | {"base_url": "https://x.example"}]})
    assert (line.organization_id, line.name) == (0, "https://x.example")
    assert "The token is not valid" in line.trouble


def test_the_numbers_are_told_in_words() -> None:
    old = organization(age_seconds=130.0, waiting=2)
    (facts,) = facts_of({"items": [old]})
    assert facts.age == "as of 2 min ago"
    assert facts.budget == "57: 50 for entries, 10 for new runs"
    assert facts.waiting == "2 waiting to be sent"
    limited = organization(limited_until="2026-11-27T04:11:18Z", age_seconds=None)
    (facts,) = facts_of({"items": [limited]})
    assert (facts.budget, facts.age) == ("none until 04:11 UTC", "not reached yet")
