"""Files that are no exports as they left a server: named for what they are, or taken after all."""

import gzip
import lzma
from pathlib import Path

import pytest
from export_samples import brought_in, exported, records

from agent_runs.errors import InvalidRequest
from agent_runs.store.engine.database import Database
from tests.store_samples import add_entries, new_run

pytestmark = pytest.mark.anyio


async def an_export(database: Database) -> bytes:
    run = await new_run(database, status="COMPLETE", agent="scripted")
    await add_entries(database, run.id, 3)
    return (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Line 1: the file is empty."),
        (b"\n \n\n", "Line 1: the file is empty."),
        (b"<html><body>502 Bad Gateway</body></html>", "Line 1: this is neither an export of"),
        (b"id,status\n1,COMPLETE\n", "Line 1: this is neither an export of"),
        ('{"type":"agent_runs"}\n'.encode("utf-16"), "Line 1: this is neither an export of"),
        (b'{"type":"agent_runs","form', "Line 1: the file ends in the middle of it: it was cut"),
        (gzip.compress(b'{"type":"agent_runs"}\n'), "Line 1: the file is compressed; unpack it"),
        (lzma.compress(b'{"type":"agent_runs"}\n'), "Line 1: the file is compressed; unpack it"),
        (b"PK\x03\x04" + b"x" * 100, "Line 1: the file is compressed; unpack it"),
        (b"\n" * 20_000, "Line 10001: there are too many empty lines"),
    ],
    # Without names of their own the tests would be named for the bytes, and gzip writes the time.
    ids=["empty", "blank", "HTML", "CSV", "UTF-16", "cut", "gzip", "xz", "zip", "empty lines"],
)
async def test_what_is_no_export_is_named_for_what_it_is(
    database: Database, folder: Path, content: bytes, words: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await brought_in(database, folder, content)
    assert refused.value.message.startswith(words), refused.value.message
    assert refused.value.message.endswith("Nothing was imported.")


async def test_empty_lines_and_what_editors_put_before_a_text_are_passed_over(
    database: Database, folder: Path
) -> None:
    content = await an_export(database)
    edited = b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n\r\n")
    assert (await brought_in(database, folder, edited)).imported == 1
    assert (await brought_in(database, folder, content)).known == 1
    came, _ = [each for each in records(await exported(database)) if each["type"] == "run"]
    assert came["log_count"] == 3


@pytest.mark.parametrize("kind", [b"null", b"7", b"[]", b"{}"])
async def test_a_line_whose_type_is_no_text_is_refused(
    database: Database, folder: Path, kind: bytes
) -> None:
    content = (await an_export(database)).replace(b'"type":"log"', b'"type":' + kind, 1)
    with pytest.raises(InvalidRequest, match=r"^Line 4: type is not a string\."):
        await brought_in(database, folder, content)


async def test_an_agent_whose_name_would_be_cut_in_figures_is_refused(
    database: Database, folder: Path
) -> None:
    content = await an_export(database)
    assert b'"agent":"scripted"' in content
    content = content.replace(b'"agent":"scripted"', b'"agent":"' + b"x" * 101 + b'"')
    with pytest.raises(InvalidRequest, match=r"^Line 2: agent: String should have at most 100"):
        await brought_in(database, folder, content)


@pytest.mark.parametrize("number", [b"-1", b"true", b"1.5", b'"1"', b"9223372036854775807"])
async def test_a_duration_that_nothing_can_take_is_refused(
    database: Database, folder: Path, number: bytes
) -> None:
    content = await an_export(database)
    assert b'"duration_ms":null' in content
    content = content.replace(b'"duration_ms":null', b'"duration_ms":' + number, 1)
    with pytest.raises(InvalidRequest, match=r"^Line 4: duration_ms"):
        await brought_in(database, folder, content)
