"""Repositories that runs can work in."""

from datetime import datetime
from typing import Required, TypedDict, Unpack

from agent_runs.errors import Conflict, RepoNotFound
from agent_runs.models import Repo
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import dump, now

_LOCK = 1785688693  # next to `EVENT_LOCK`; held while a url is looked for and inserted


class NewRepo(TypedDict, total=False):
    """Fields of `Repo` that a new one can have; a test compares them.

    Attributes:
        full_name: the name if left out.
        url: local path or git URL, without credentials.
    """

    name: Required[str]
    full_name: str
    description: str | None
    github_id: str
    organization_id: int
    visibility: str | None
    archived: bool | None
    setup_status: str
    language: str | None
    url: Required[str]
    default_branch: str | None
    created_at: datetime | None
    upstream_id: str | None


async def insert(transaction: Transaction, **fields: Unpack[NewRepo]) -> Repo:
    """Register a repository; it is registered once the transaction commits.

    Raises:
        Conflict: the url is already registered.
    """
    new: NewRepo = {"full_name": fields["name"], "created_at": now(), **fields}
    return await _insert(transaction, Repo(id=0, **new))


async def _insert(transaction: Transaction, repo: Repo) -> Repo:
    url = repo.url
    if transaction.dialect == "postgresql":
        await transaction.write(f"select pg_advisory_xact_lock({_LOCK})")
    rows = await transaction.execute(
        "select id from repo where organization_id = :organization_id and url = :url",
        {"organization_id": repo.organization_id, "url": url},
    )
    if rows:
        raise Conflict(f"The repository {url} is already registered, as repo_id {rows[0][0]}.")
    ((repo_id,),) = await transaction.execute(
        "insert into repo (organization_id, url, payload) values (:organization_id, :url, '')"
        " returning id",
        {"organization_id": repo.organization_id, "url": url},
    )
    payload = dump(repo.model_dump() | {"id": repo_id}, transaction.redact)
    await transaction.write(
        "update repo set payload = :payload where id = :id", {"payload": payload, "id": repo_id}
    )
    return Repo.model_validate_json(payload)


async def put_hosted(transaction: Transaction, organization_id: int, upstream: Repo) -> Repo:
    """Store a repository as upstream shows it, with our own id.

    Args:
        upstream: its `id` is upstream's.
    """
    url = upstream.url or f"https://github.com/{upstream.full_name or upstream.name}"
    rows = await transaction.execute(
        "select id, payload from repo where organization_id = :organization_id and url = :url",
        {"organization_id": organization_id, "url": url},
    )
    here = {"organization_id": organization_id, "upstream_id": str(upstream.id), "url": url}
    if not rows:
        new = {"id": 0, "created_at": now()}
        return await _insert(transaction, upstream.model_copy(update=here | new))
    repo_id, payload = rows[0]
    before = Repo.model_validate_json(payload)
    old = {"id": before.id, "created_at": before.created_at}
    after = upstream.model_copy(update=here | old)
    if after != before:
        await transaction.write(
            "update repo set payload = :payload where id = :id",
            {"payload": dump(after.model_dump(), transaction.redact), "id": repo_id},
        )
    return after


async def get(reader: Reader, repo_id: int) -> Repo:
    """Return one repository.

    Raises:
        RepoNotFound: there is no such repository.
    """
    rows = await reader.read("select payload from repo where id = :id", {"id": repo_id})
    if not rows:
        raise RepoNotFound(repo_id)
    return Repo.model_validate_json(rows[0][0])


async def page(
    reader: Reader, *, skip: int, limit: int, organization_id: int | None = None
) -> tuple[list[Repo], int]:
    """Return `(items, total)`: in the order of registration, at most `limit`.

    Args:
        organization_id: only its repositories.
    """
    where = "" if organization_id is None else " where organization_id = :organization_id"
    params = {} if organization_id is None else {"organization_id": organization_id}
    rows = await reader.read(
        f"select payload from repo{where} order by id limit :limit offset :skip",
        params | {"limit": limit, "skip": skip},
    )
    ((total,),) = await reader.read(f"select count(*) from repo{where}", params)
    return [Repo.model_validate_json(payload) for (payload,) in rows], total


async def names(reader: Reader) -> dict[int, str]:
    """Return the names of all registered repositories by their ids."""
    rows = await reader.read("select id, payload from repo")
    return {repo_id: Repo.model_validate_json(payload).name for repo_id, payload in rows}


async def remove(transaction: Transaction, repo_id: int) -> None:
    """Forget a repository; its runs keep their work.

    Raises:
        RepoNotFound: there is no such repository.
    """
    rows = await transaction.execute(
        "delete from repo where id = :id returning id", {"id": repo_id}
    )
    if not rows:
        raise RepoNotFound(repo_id)
