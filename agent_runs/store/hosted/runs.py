"""What is kept of runs that work upstream, beside the runs themselves.

`seen` is a digest of what upstream showed of a run last, so that a list that brings nothing new
writes nothing. `log_position` says how far its log was read, `hosted_log` has the fingerprint of
each entry as upstream sent it: the entries themselves are kept without secrets, and not comparable.
"""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from agent_runs.models import JSON, TERMINAL_STATUSES
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import milliseconds, now
from agent_runs.store.engine.terms import any_of


class HostedRun(NamedTuple):
    """A run that works upstream.

    Attributes:
        run_id: our id.
        seen: digest of what upstream showed last.
        log_position: how far its log was read, as it was put; None: not at all.
        is_gone: whether upstream knew it no more.
        is_whole: whether all its entries are here that there were when it was seen last.
        status: of the run, as it is here.
    """

    run_id: int
    seen: str
    log_position: JSON
    is_gone: bool
    is_whole: bool
    status: str


async def find(
    reader: Reader, organization_id: int, upstream_ids: Sequence[str]
) -> dict[str, HostedRun]:
    """Return those of the runs that are known here, by their ids upstream."""
    if not upstream_ids:
        return {}
    params: dict[str, JSON] = {"organization_id": organization_id}
    listed = any_of("upstream_id", upstream_ids, params)
    rows = await reader.read(
        "select hosted.upstream_id, run_id, seen, log_position, gone_at, whole, run.status"
        " from hosted_run as hosted join run on run.id = hosted.run_id"
        f" where hosted.organization_id = :organization_id and hosted.{listed}",
        params,
    )
    return {
        upstream_id: HostedRun(
            run_id, seen, orjson.loads(position), gone_at is not None, bool(whole), status
        )
        for upstream_id, run_id, seen, position, gone_at, whole, status in rows
    }


async def put(
    transaction: Transaction, organization_id: int, upstream_id: str, run_id: int, seen: str
) -> None:
    """Keep what upstream showed of a run; it is there again if it was gone, and may say more."""
    await transaction.write(
        "insert into hosted_run (run_id, organization_id, upstream_id, seen, log_position)"
        " values (:run_id, :organization_id, :upstream_id, :seen, 'null')"
        " on conflict (run_id) do update set seen = excluded.seen, gone_at = null, whole = 0",
        {
            "run_id": run_id,
            "organization_id": organization_id,
            "upstream_id": upstream_id,
            "seen": seen,
        },
    )


async def remove(transaction: Transaction, run_id: int) -> None:
    """Forget where a run was mirrored from; its entries stay."""
    await transaction.write("delete from hosted_run where run_id = :id", {"id": run_id})
    await transaction.write("delete from hosted_log where run_id = :id", {"id": run_id})


async def to_stop(reader: Reader, organization_id: int) -> list[int]:
    """Return our ids of runs that work upstream and that somebody asked to stop."""
    params: dict[str, JSON] = {"organization_id": organization_id}
    ended = any_of("status", sorted(TERMINAL_STATUSES), params)
    rows = await reader.read_heavy(
        "select run_id from hosted_run as hosted join run on run.id = hosted.run_id"
        f" where hosted.organization_id = :organization_id and not run.{ended}"
        ' and run.payload like \'%"stop_requested_at":"%\'',
        params,
    )
    return [int(run_id) for (run_id,) in rows]


async def set_gone(transaction: Transaction, run_id: int) -> None:
    """Keep that upstream knows the run no more."""
    await transaction.write(
        "update hosted_run set gone_at = :now, seen = '' where run_id = :run_id",
        {"now": milliseconds(now()), "run_id": run_id},
    )


async def put_log(
    transaction: Transaction,
    run_id: int,
    position: JSON,
    fingerprints: Sequence[tuple[int, str]],
) -> None:
    """Keep how far a log was read, and `(seq, fingerprint)` of entries, new or changed ones."""
    await transaction.write(
        "update hosted_run set log_position = :position where run_id = :run_id",
        {"position": orjson.dumps(position).decode(), "run_id": run_id},
    )
    if fingerprints:
        await transaction.executemany(
            "insert into hosted_log (run_id, seq, fingerprint) values (:run_id, :seq, :print)"
            " on conflict (run_id, seq) do update set fingerprint = excluded.fingerprint",
            [{"run_id": run_id, "seq": seq, "print": text} for seq, text in fingerprints],
        )


async def set_whole(transaction: Transaction, run_id: int, seen: str) -> None:
    """Keep that all entries are here, unless upstream has shown the run otherwise meanwhile."""
    await transaction.write(
        "update hosted_run set whole = 1 where run_id = :run_id and seen = :seen",
        {"run_id": run_id, "seen": seen},
    )


async def incomplete(reader: Reader, organization_id: int, limit: int) -> list[str]:
    """Return upstream's ids of runs that have ended and lack entries, newest first."""
    params: dict[str, JSON] = {"organization_id": organization_id, "limit": limit}
    ended = any_of("status", sorted(TERMINAL_STATUSES), params)
    rows = await reader.read_heavy(
        "select hosted.upstream_id from hosted_run as hosted"
        " join run on run.id = hosted.run_id"
        " where hosted.organization_id = :organization_id and hosted.whole = 0"
        f" and hosted.gone_at is null and run.{ended}"
        " order by run.created_at desc, run.id desc limit :limit",
        params,
    )
    return [upstream_id for (upstream_id,) in rows]


async def working(reader: Reader, organization_id: int) -> list[str]:
    """Return upstream's ids of runs that work, as far as is known here."""
    params: dict[str, JSON] = {"organization_id": organization_id}
    ended = any_of("status", sorted(TERMINAL_STATUSES), params)
    rows = await reader.read_heavy(
        "select hosted.upstream_id from hosted_run as hosted"
        " join run on run.id = hosted.run_id"
        f" where hosted.organization_id = :organization_id and hosted.gone_at is null"
        f" and not run.{ended}",
        params,
    )
    return [upstream_id for (upstream_id,) in rows]


async def count(reader: Reader, organization_id: int) -> tuple[int, int]:
    """Return `(runs, whole)`: how many runs are here, and how many lack nothing.

    A run that works has what there is so far, one that upstream lost has all that there will be.
    """
    params: dict[str, JSON] = {"organization_id": organization_id}
    ended = any_of("status", sorted(TERMINAL_STATUSES), params)
    ((total, lacking),) = await reader.read_heavy(
        "select count(*), coalesce(sum(case when hosted.whole = 0 and hosted.gone_at is null"
        f" and run.{ended} then 1 else 0 end), 0)"
        " from hosted_run as hosted join run on run.id = hosted.run_id"
        " where hosted.organization_id = :organization_id",
        params,
    )
    return int(total), int(total) - int(lacking)


async def upstream_ids(reader: Reader, organization_id: int) -> dict[str, int]:
    """Return upstream's id → our id of all runs of an organization."""
    rows = await reader.read_heavy(
        "select upstream_id, run_id from hosted_run where organization_id = :organization_id",
        {"organization_id": organization_id},
    )
    return {upstream_id: int(run_id) for upstream_id, run_id in rows}


async def fingerprints(reader: Reader, run_id: int) -> list[str]:
    """Return the fingerprints of all entries of a run, oldest first."""
    rows = await reader.read(
        "select fingerprint from hosted_log where run_id = :run_id order by seq",
        {"run_id": run_id},
    )
    return [text for (text,) in rows]
