"""What is new in a log: pure comparisons."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from agent_runs.models import AgentRunLog
from agent_runs.providers.codegen.entries import Position, fingerprint, missing, news

TIME = datetime(2025, 6, 21, tzinfo=UTC)


def log(*words: str) -> list[AgentRunLog]:
    """Entries that differ in what they are."""
    return [
        AgentRunLog(agent_run_id=1, created_at=TIME, message_type="ACTION", tool_name=word)
        for word in words
    ]


def at(entries: list[AgentRunLog]) -> Position:
    return Position(len(entries), tuple(fingerprint(entry) for entry in entries[-2:]))


def test_a_first_page_is_all_new() -> None:
    new = news(Position(), log("a", "b", "c"))
    assert (new.entries, new.position) == (tuple(log("a", "b", "c")), at(log("a", "b", "c")))


def test_what_comes_after_the_known_is_new() -> None:
    position = at(log("a", "b", "c"))
    assert position.skip == 1
    new = news(position, log("b", "c", "d"))
    assert (new.entries, new.position) == (tuple(log("d")), at(log("a", "b", "c", "d")))
    assert news(position, log("b", "c")).position == position


def test_a_last_entry_that_says_more_is_completed_and_another_one_is_a_rewritten_log() -> None:
    before = log("a", "b")
    said = [before[0], before[1].model_copy(update={"observation": "done"})]
    new = news(at(before), [*said, *log("c")])
    assert (new.completed, new.entries) == (said[1], tuple(log("c")))
    assert news(at(before), log("a", "x")).rewritten
    assert news(at(before), [said[1], before[1]]).rewritten
    alone = [before[0].model_copy(update={"thought": "hm"})]
    assert news(at(before[:1]), alone).completed == alone[0]
    assert news(at(before[:1]), log("x")).rewritten


def test_a_shorter_log_brings_what_is_not_here_and_leaves_the_position() -> None:
    position = at(log("a", "b", "c"))
    assert news(position, log("b")).rewritten
    assert news(position, []).rewritten
    stored = [fingerprint(entry) for entry in log("a", "b", "c")]
    assert missing(position, log("a", "x"), stored).entries == tuple(log("x"))
    assert missing(position, log("a"), stored).position == position


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abcd")))
def test_after_a_rewrite_everything_of_both_logs_is_here_and_nothing_twice(
    before: list[str], after: list[str]
) -> None:
    stored = [fingerprint(entry) for entry in log(*before)]
    new = missing(at(log(*before)), log(*after), stored)
    here = [*before, *(entry.tool_name for entry in new.entries)]
    for word in "abcd":
        assert here.count(word) == max(before.count(word), after.count(word))


@given(st.lists(st.sampled_from("ab"), max_size=12), st.lists(st.integers(1, 5), max_size=12))
def test_pages_of_any_size_put_the_log_together_again(words: list[str], sizes: list[int]) -> None:
    whole, position = log(*words), Position()
    here: list[AgentRunLog] = []
    for size in [*sizes, *[3] * 12]:
        page = whole[position.skip : position.skip + 2 + size]
        new = news(position, page)
        assert not new.rewritten
        here += new.entries
        position = new.position
    assert here == whole
