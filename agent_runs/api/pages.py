"""Bodies of lists: JSON texts as stored, joined to bytes without decoding them."""

from agent_runs.filters import LogFilter, RunFilter
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs

LARGEST_LIMIT = 100
LARGEST_PAGE = 1_000_000_000
LARGEST_SKIP = LARGEST_PAGE * LARGEST_LIMIT


async def run_page(database: Database, *, run_filter: RunFilter, page: int, limit: int) -> bytes:
    """Return the body of `GET /agent_runs`."""
    texts, total = await runs.page(database, run_filter, skip=(page - 1) * limit, limit=limit)
    rest = (
        f'],"total":{total},"page":{page},"limit":{limit},'
        f'"has_next":{"true" if page * limit < total else "false"},'
        f'"has_prev":{"true" if page > 1 else "false"}}}'
    )
    return _joined('{"items":[', texts, rest)


async def official_run_page(
    database: Database, *, run_filter: RunFilter, skip: int, limit: int
) -> bytes:
    """Return the body of the official run list."""
    texts, total = await runs.page(database, run_filter, skip=skip, limit=limit)
    return _joined('{"items":[', texts, f'],"total":{total},{_place(total, skip, limit)}}}')


async def log_page(
    database: Database,
    run_id: int,
    log_filter: LogFilter,
    *,
    skip: int,
    limit: int,
    reverse: bool = False,
) -> bytes:
    """Return a run with one page of its entries.

    Raises:
        RunNotFound: there is no such run.
    """
    run = await runs.text(database, run_id)
    texts, total = await logs.page(
        database, run_id, skip=skip, limit=limit, reverse=reverse, filter=log_filter
    )
    rest = f'],"total_logs":{total},{_place(total, skip, limit)}}}'
    return _joined(f'{run[:-1]},"logs":[', texts, rest)


async def one_run(database: Database, *, run_id: int) -> bytes:
    """Return one run with its full prompt and result.

    Raises:
        RunNotFound: there is no such run.
    """
    return (await runs.text(database, run_id)).encode()


def _joined(head: str, texts: list[str], rest: str) -> bytes:
    # Encoded one by one: a single character beyond ASCII makes the encoding of a joined text five
    # times slower, because Python then stores all of it in wide characters.
    return b"".join((head.encode(), b",".join([text.encode() for text in texts]), rest.encode()))


def _place(total: int, skip: int, limit: int) -> str:
    return f'"page":{skip // limit + 1},"size":{limit},"pages":{-(-total // limit)}'
