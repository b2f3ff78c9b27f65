"""The command that imports runs from files: import."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from agent_runs.cli import exits
from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import complain, say, say_fields, say_json
from agent_runs.errors import InvalidRequest, TooLarge

Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Exports in JSON Lines, session files of Claude Code, or folders with *.jsonl files.",
    ),
]


def import_(context: typer.Context, paths: Paths, as_json: AsJson = False) -> None:
    """Import runs from exports or session files of Claude Code.

    Each file is imported whole or not at all. You can import a file again: runs that are already
    there do not change, except that runs from an older file are updated. If a file is refused, the
    others are still imported and the exit code is 1.
    """
    results: list[object] = []
    refused = 0
    with connect(context) as client:
        for path in _files(paths):
            try:
                result = client.import_runs(path)
            except (InvalidRequest, TooLarge) as exc:
                refused += 1
                complain(f"{path}: {exc.message}")
                continue
            results.append({"file": str(path), **result.model_dump()})
            if not as_json:
                numbers = (result.imported, result.updated, result.known, result.logs)
                names = ("imported", "updated", "known", "entries")
                words = [f"{number} {name}" for number, name in zip(numbers, names, strict=True)]
                say_fields(path, *words)
    if as_json:
        say_json(results)
    elif not results and not refused:
        say("There are no *.jsonl files.")
    if refused:
        raise typer.Exit(exits.FAILED)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(filter(Path.is_file, path.rglob("*.jsonl")))
        else:
            yield path
