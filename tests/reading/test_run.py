"""What answers say about a run beside what it is."""

import pytest

from agent_runs.models import JSON
from agent_runs.reading.run import reading_of


def read(**fields: JSON) -> dict[str, JSON]:
    return reading_of({"id": 7, "status": "ACTIVE", **fields})


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ({"title": "Login", "prompt": "Fix the login"}, "Login"),
        ({"title": None, "prompt": "\n\n  Fix the login\nand more"}, "Fix the login"),
        ({"title": " ", "prompt": "Fix"}, "Fix"),
        (
            {
                "prompt": "Find the cause of this bug, write a test.\n\nThe cart is empty",
                "metadata": {"mode": "bugfix", "original_query": "The cart is empty\nsometimes"},
            },
            "The cart is empty",
        ),
        ({"title": "Cart", "prompt": "x", "metadata": {"original_query": "y"}}, "Cart"),
        ({"prompt": "x", "metadata": {"original_query": ["y"]}}, "x"),
        ({"prompt": "", "summary": "Task 7\ndone"}, "Task 7"),
        ({"prompt": ""}, "Run 7"),
        ({"title": "\x1b[31mred\x1b[0m \u202etxt"}, "red ⟨U+202E⟩txt"),
    ],
)
def test_a_run_is_called_by_its_title_or_by_what_the_person_said(
    run: dict[str, JSON], name: str
) -> None:
    assert read(**run)["name"] == name


def test_a_long_name_is_cut_after_secrets_are_taken_out() -> None:
    title = "x" * 155 + " hunter2"
    assert read(title=title)["name"] == "x" * 155 + " hun…"

    def redact(text: str) -> str:
        return text.replace("hunter2", "[redacted]")

    named = reading_of({"id": 7, "status": "ACTIVE", "title": title}, redact)
    assert named["name"] == "x" * 155 + " [re…"


@pytest.mark.parametrize(
    ("status", "reading"),
    [
        ("PENDING", ("Queued", "neutral", False, False)),
        ("PAUSED", ("Needs you", "amber", False, False)),
        ("COMPLETE", ("Complete", "green", True, False)),
        ("CANCELLED", ("Cancelled", "neutral", True, False)),
        ("TIMEOUT", ("Timed out", "red", True, True)),
        ("IN_REVIEW", ("In review", "neutral", False, False)),
    ],
)
def test_a_status_comes_with_its_word_and_what_it_means(
    status: str, reading: tuple[str, str, bool, bool]
) -> None:
    reading_of_run = read(status=status)
    names = ("status_word", "status_tone", "has_ended", "has_failed")
    assert tuple(reading_of_run[name] for name in names) == reading


@pytest.mark.parametrize(
    ("usage", "spent"),
    [
        (None, {}),
        ({"last_turn": "none", "summed": 3, "cost": [], "context_used": True}, {}),
        ({"context_used": 948, "context_size": 200_000}, {"context_tokens": 948}),
        (
            {"context_used": 56_000, "last_turn": {"inputTokens": 10, "outputTokens": 5}},
            {"context_tokens": 56_000, "input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
        ),
        (
            {"summed": {"totalTokens": 900}, "last_turn": {"totalTokens": 300}},
            {"total_tokens": 900},
        ),
        ({"last_turn": {"total_tokens": 10**15}}, {}),
        ({"cost": {"amount": 0.5}}, {"cost": 0.5, "currency": "USD"}),
        ({"cost": {"amount": -1}}, {}),
    ],
)
def test_the_context_is_one_thing_and_the_tokens_are_another(
    usage: JSON, spent: dict[str, JSON]
) -> None:
    assert read(usage=usage)["spent"] == spent


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({"source_type": "LOCAL", "surface": "dashboard"}, "Dashboard"),
        ({"source_type": "LOCAL", "surface": "cli"}, "Command line"),
        ({"source_type": "LOCAL", "surface": "terminal"}, "Terminal"),
        ({"source_type": "LOCAL"}, "Dashboard or command line"),
        ({"source_type": "API", "surface": None}, "API"),
        ({"source_type": "SLACK"}, "Slack"),
        ({"source_type": "PIGEON"}, "PIGEON"),
        ({"source_type": "LOCAL", "imported_at": "2026-11-22T12:00:00Z"}, "Imported"),
    ],
)
def test_who_started_a_run_is_told_by_name(run: dict[str, JSON], words: str) -> None:
    assert read(**run)["started_by"] == words
