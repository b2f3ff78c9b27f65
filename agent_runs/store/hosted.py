"""What is kept of runs that work upstream, beside the runs themselves.

`seen` is a digest of what upstream showed of a run last, so that a list that brings nothing new
writes nothing. `log_position` says how far its log was read, `hosted_log` has the fingerprint of
each entry as upstream sent it: the entries themselves are kept without secrets, and not comparable.
"""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from agent_runs.models import JSON
from agent_runs.store.database import Reader, Transaction
from agent_runs.store.payloads import milliseconds, now
from agent_runs.store.terms import any_of


class HostedRun(NamedTuple):
    """A run that works upstream.

    Attributes:
        run_id: our id.
        seen: digest of what upstream showed last.
        log_position: how far its log was read, as it was put; None: not at all.
        is_gone: whether upstream knew it no more.
    """

    run_id: int
    seen: str
    log_position: JSON
    is_gone: bool


async def find(
    reader: Reader, organization_id: int, upstream_ids: Sequence[str]
) -> dict[str, HostedRun]:
    """Return those of the runs that are known here, by their ids upstream."""
    if not upstream_ids:
        return {}
    params: dict[str, JSON] = {"organization_id": organization_id}
    listed = any_of("upstream_id", upstream_ids, params)
    rows = await reader.read(
        "select upstream_id, run_id, seen, log_position, gone_at from hosted_run"
        f" where organization_id = :organization_id and {listed}",
        params,
    )
    return {
        upstream_id: HostedRun(run_id, seen, orjson.loads(position), gone_at is not None)
        for upstream_id, run_id, seen, position, gone_at in rows
    }


async def put(
    transaction: Transaction, organization_id: int, upstream_id: str, run_id: int, seen: str
) -> None:
    """Keep what upstream showed of a run; it is there again if it was gone."""
    await transaction.write(
        "insert into hosted_run (run_id, organization_id, upstream_id, seen, log_position)"
        " values (:run_id, :organization_id, :upstream_id, :seen, 'null')"
        " on conflict (run_id) do update set seen = excluded.seen, gone_at = null",
        {
            "run_id": run_id,
            "organization_id": organization_id,
            "upstream_id": upstream_id,
            "seen": seen,
        },
    )


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


async def fingerprints(reader: Reader, run_id: int) -> list[str]:
    """Return the fingerprints of all entries of a run, oldest first."""
    rows = await reader.read(
        "select fingerprint from hosted_log where run_id = :run_id order by seq",
        {"run_id": run_id},
    )
    return [text for (text,) in rows]
