"""What the tables of figures hold, for tests."""

from typing import Any

import orjson

from agent_runs.store.engine.database import Database
from agent_runs.store.engine.figure_rows import AMOUNTS, SPREADS
from agent_runs.store.figures.tallies import Amount

KEY = ("scope", "span", "day", "agent", "repo_id", "mode", "organization_id")
Row = dict[str, int]


async def figures(database: Database) -> dict[tuple[Any, ...], Row]:
    """All rows of figures by their keys, columns and `spread:bucket` that are not 0."""
    rows = await database.read(f"select {', '.join((*KEY, *AMOUNTS, *SPREADS))} from run_figure")
    figures: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key, rest = row[: len(KEY)], row[len(KEY) :]
        amounts: Row = dict(zip(AMOUNTS, map(int, rest[: len(AMOUNTS)]), strict=True))
        for spread, histogram in zip(SPREADS, rest[len(AMOUNTS) :], strict=True):
            for bucket, number in orjson.loads(histogram).items():
                amounts[f"{spread}:{int(bucket)}"] = number
                assert number, "a bucket that is empty is not kept"
        figures[key] = {name: number for name, number in amounts.items() if number}
    return {key: row for key, row in figures.items() if row}


async def named_figures(database: Database) -> dict[tuple[Any, ...], Amount]:
    """All figures by name that are not nothing, by kind, key and name."""
    rows = await database.read(
        f"select kind, {', '.join(KEY)}, name, number, failed, total from figure"
    )
    return {
        row[:-3]: Amount(*map(int, row[-3:]))
        for row in rows
        if row[0] != "counted" and any(row[-3:])
    }


async def all_tallies(database: Database) -> dict[tuple[Any, ...], Amount]:
    """All tallies that are not nothing, by run, kind and name."""
    rows = await database.read("select run_id, kind, name, number, failed, total from run_tally")
    return {row[:3]: Amount(*map(int, row[3:])) for row in rows if any(row[3:])}


async def counted(database: Database) -> tuple[Any, ...]:
    """Everything that is counted, to be compared with a recount."""
    totals = await database.read(
        "select organization_id, status, archived, total from run_total where total <> 0"
    )
    return (
        await figures(database),
        await named_figures(database),
        await all_tallies(database),
        set(totals),
    )


async def overall(database: Database) -> Row:
    """The sums over all runs and days, by column; histograms as `spread:bucket`."""
    sums: Row = {}
    for (scope, span, *_), row in (await figures(database)).items():
        for name, number in row.items() if (scope, span) == (0, 1) else ():
            sums[name] = sums.get(name, 0) + number
    return sums


async def outcomes(database: Database) -> Row:
    """How many runs there are, by outcome."""
    names = ("working", "complete", "failed", "cancelled")
    return {name: number for name, number in (await overall(database)).items() if name in names}


async def named(database: Database, kind: str) -> dict[str, Amount]:
    """The sums of a kind over all runs and days, by name."""
    sums: dict[str, Amount] = {}
    for (of, scope, span, *_, name), amount in (await named_figures(database)).items():
        if (of, scope, span) == (kind, 0, 1):
            sums[name] = sums.get(name, Amount()).plus(amount)
    return sums
