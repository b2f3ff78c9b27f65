"""What is stored about runs that work upstream, in addition to the runs themselves.

`seen` is a digest of what upstream last showed of a run: a list without news writes nothing.
`log_position` says how far its log was read. `hosted_log` has the fingerprint of each entry as
upstream sent it: the stored entries are without secrets and cannot be compared.
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
        digest: of what upstream last showed.
        log_position: how far its log was read, as passed to `put_log`; None: not at all.
        is_gone: whether upstream no longer knew it.
        is_whole: whether all entries are here that it had when upstream last showed it.
        status: of the run, as it is here.
    """

    run_id: int
    digest: str
    log_position: JSON
    is_gone: bool
    is_whole: bool
    status: str


async def find(
    reader: Reader, organization_id: int, upstream_ids: Sequence[str]
) -> dict[str, HostedRun]:
    """Return those of the runs that are mirrored here, by their ids upstream."""
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
            run_id, digest, orjson.loads(position), gone_at is not None, bool(whole), status
        )
        for upstream_id, run_id, digest, position, gone_at, whole, status in rows
    }


async def put(
    transaction: Transaction, organization_id: int, upstream_id: str, run_id: int, digest: str
) -> None:
    """Store what upstream showed of a run, which is then not gone and may have new entries."""
    await transaction.write(
        "insert into hosted_run (run_id, organization_id, upstream_id, seen, log_position)"
        " values (:run_id, :organization_id, :upstream_id, :seen, 'null')"
        " on conflict (run_id) do update set seen = excluded.seen, gone_at = null, whole = 0",
        {
            "run_id": run_id,
            "organization_id": organization_id,
            "upstream_id": upstream_id,
            "seen": digest,
        },
    )


async def remove(transaction: Transaction, run_id: int) -> None:
    """Forget where a run was mirrored from; its entries stay."""
    await transaction.write("delete from hosted_run where run_id = :id", {"id": run_id})
    await transaction.write("delete from hosted_log where run_id = :id", {"id": run_id})


async def to_stop(reader: Reader, organization_id: int) -> list[int]:
    """Return our ids of runs that work upstream and have a stop request."""
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
    """Note that upstream no longer knows the run."""
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
    """Store how far a log was read, and `(seq, fingerprint)` of new or changed entries."""
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


async def set_whole(transaction: Transaction, run_id: int, digest: str) -> None:
    """Note that all entries are here, unless upstream has shown the run differently since."""
    await transaction.write(
        "update hosted_run set whole = 1 where run_id = :run_id and seen = :seen",
        {"run_id": run_id, "seen": digest},
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
    """Return upstream's ids of runs that work, as far as we know."""
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
    """Return `(runs, whole)`: how many runs are here, and how many of them lack nothing.

    A run that works counts as whole, and so does one that upstream lost.
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
