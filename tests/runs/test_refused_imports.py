"""Files that are not imported: they are refused with the line at fault, and nothing is left."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from export_samples import brought_in, exported, importer, records

from agent_runs.errors import InvalidRequest, TooLarge
from agent_runs.store.engine.database import Database
from agent_runs.store.files import imports
from tests.store_samples import add_entries, new_run

pytestmark = pytest.mark.anyio

Lines = list[bytes]


def swapped(at: int, old: bytes, new: bytes) -> Callable[[Lines], Lines]:
    """Put other text into a line."""
    return lambda lines: [*lines[:at], lines[at].replace(old, new), *lines[at + 1 :]]


def put(at: int, line: bytes) -> Callable[[Lines], Lines]:
    """Put another line into the place of one."""
    return lambda lines: [*lines[:at], line, *lines[at + 1 :]]


DEEP = b'{"type":"log","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
# The lines: header, run, turn, three entries, end.
FAULTS: dict[str, Callable[[Lines], Lines]] = {
    "cut between lines": lambda lines: lines[:-1],
    "cut in a line": lambda lines: [*lines[:-1], lines[-1][:-20]],
    "newer format": swapped(0, b'"format":1', b'"format":2'),
    "foreign": put(0, b'{"hello":"world"}\n'),
    "empty": lambda _: [],
    "no json": put(3, b"<html>\n"),
    "not a number": swapped(3, b'"turn":1', b'"turn":NaN'),
    "no object": put(3, b"[1,2]\n"),
    "no utf-8": put(3, b'{"type":"log","x":"\xff"}\n'),
    "entry is missing": lambda lines: [*lines[:5], *lines[6:]],
    "entry is there twice": lambda lines: [*lines[:5], lines[4], *lines[5:]],
    "run is there twice": lambda lines: [lines[0], *lines[1:-1], *lines[1:-1], lines[-1]],
    "huge number": swapped(1, b'"log_count":3', b'"log_count":99999999999999999999'),
    "unknown kind": lambda lines: [*lines[:2], b'{"type":"surprise"}\n', *lines[2:]],
    "text after the end": lambda lines: [*lines, lines[-1]],
    "time without zone": swapped(4, b'Z","message_type', b'","message_type'),
    "too deep": put(4, DEEP + b"\n"),
}


@pytest.mark.parametrize(
    ("how", "line", "words"),
    [
        ("cut between lines", 7, "it was cut off. Export or copy it again."),
        ("cut in a line", 7, "cut off"),
        ("newer format", 1, "format 2, but this version reads formats up to 1"),
        ("foreign", 1, "neither an export of agent_runs"),
        ("no json", 4, "not JSON"),
        ("not a number", 4, "NaN"),
        ("no object", 4, "not a JSON object"),
        ("no utf-8", 4, "not UTF-8"),
        ("empty", 1, "is empty"),
        ("entry is missing", 6, "3 entries, but has 2"),
        ("entry is there twice", 6, "seq should be 2"),
        ("run is there twice", 7, "already in the file, at line 2"),
        ("huge number", 2, "log_count"),
        ("unknown kind", 3, "does not know lines of type"),
        ("text after the end", 8, "after the end"),
        ("time without zone", 5, "no time zone"),
        ("too deep", 5, "nested too deeply"),
    ],
)
async def test_a_broken_file_is_refused_with_its_line_and_leaves_nothing(
    database: Database, folder: Path, how: str, line: int, words: str
) -> None:
    run = await new_run(database, status="COMPLETE")
    await add_entries(database, run.id, 3)
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    before = await exported(database)
    with pytest.raises(InvalidRequest) as refused:
        await brought_in(database, folder, b"".join(FAULTS[how](content.splitlines(keepends=True))))
    assert refused.value.message.startswith(f"Line {line}: "), refused.value.message
    assert words in refused.value.message
    assert refused.value.message.endswith("Nothing was imported.")
    assert records(await exported(database))[1:] == records(before)[1:]
    assert list(folder.iterdir()) == []
    assert (await brought_in(database, folder, content)).imported == 1


async def test_a_failure_half_way_leaves_nothing(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        run = await new_run(database, status="COMPLETE")
        await add_entries(database, run.id, 1200)
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    before = await exported(database)
    lines = content.split(b"\n")
    lines[-10] = b"broken"
    path = tmp_path / "changed meanwhile"
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(InvalidRequest):
        # Past the check, as if the disk had failed after it.
        await importer(database, folder)._store(path)  # pyright: ignore[reportPrivateUsage]
    assert records(await exported(database))[1:] == records(before)[1:]
    assert await imports.staged(database) == []
    assert await database.read("select count(*) from log") == [(2400,)]


async def test_a_file_over_the_limit_is_refused(database: Database, folder: Path) -> None:
    async def body() -> AsyncGenerator[bytes]:
        yield b"x" * 600
        yield b"x" * 600

    with pytest.raises(TooLarge, match="1,000 bytes"):
        await importer(database, folder, limit_bytes=1000).take(body())
    assert list(folder.iterdir()) == []
