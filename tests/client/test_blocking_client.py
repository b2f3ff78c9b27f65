"""The blocking client is made of the async one, and nobody has to remember that."""

from pathlib import Path

from scripts.blocking_client import CLIENT, PROBLEM, blocking, main

SOURCE = '''"""The async client, asynchronous in what it awaits."""

from contextlib import aclosing


class AsyncThing(AsyncBase):
    async def all(self) -> AsyncGenerator[str]:
        """Yield what an `AsyncThing` has, async or not."""
        async with aclosing(self.parts()) as parts:
            async for part in parts:  # await nothing
                yield (await part.read(
                    1, 2,
                ))
'''
MADE = '''"""The blocking client, blocking in what it awaits."""

from contextlib import closing


class Thing(Base):
    def all(self) -> Generator[str]:
        """Yield what an `Thing` has, blocking or not."""
        with closing(self.parts()) as parts:
            for part in parts:  # await nothing
                yield (part.read(
                    1, 2,
                ))
'''


def test_the_blocking_client_is_what_the_async_one_makes() -> None:
    assert main(CLIENT, only_check=True) == ""


def test_async_words_are_left_out_or_replaced_and_nothing_else_changes() -> None:
    assert blocking(SOURCE) == MADE


def test_what_differs_is_told_and_made_right(tmp_path: Path) -> None:
    source, made = tmp_path / "asynchronous", tmp_path / "blocking"
    source.mkdir()
    made.mkdir()
    (source / "thing.py").write_text("async def answer() -> int:\n    return await six() * 7\n")
    (made / "gone.py").write_text("")
    assert main(tmp_path, only_check=True) == PROBLEM
    main(tmp_path)
    assert [path.name for path in made.iterdir()] == ["thing.py"]
    assert (made / "thing.py").read_text().endswith("def answer() -> int:\n    return six() * 7\n")
    assert main(tmp_path, only_check=True) == ""
    (made / "thing.py").write_text("def answer() -> int:\n    return 41\n")
    assert main(tmp_path, only_check=True) == PROBLEM
