"""Repositories that runs can work in."""

from agent_runs.errors import Conflict, RepoNotFound
from agent_runs.models import JSON, Repo
from agent_runs.store.database import Reader, Transaction
from agent_runs.store.payloads import dump, now


async def insert(transaction: Transaction, *, name: str, url: str, **fields: JSON) -> Repo:
    """Register a repository.

    Args:
        transaction: it is registered once it commits.
        name: for people.
        url: local path or git URL, without credentials.
        fields: any other field of `Repo`; `full_name` is the name unless given.

    Raises:
        Conflict: the url is registered already.
    """
    values: dict[str, JSON] = {"full_name": name, "created_at": now()} | fields
    repo = Repo(id=0, name=name, url=url, **values)
    rows = await transaction.execute(
        "select id from repo where organization_id = :organization_id and url = :url",
        {"organization_id": repo.organization_id, "url": url},
    )
    if rows:
        raise Conflict(f"The repository {url} is registered already: repo_id {rows[0][0]}.")
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


async def get(reader: Reader, repo_id: int) -> Repo:
    """Return one repository.

    Raises:
        RepoNotFound: there is no such repository.
    """
    rows = await reader.read("select payload from repo where id = :id", {"id": repo_id})
    if not rows:
        raise RepoNotFound(repo_id)
    return Repo.model_validate_json(rows[0][0])


async def page(reader: Reader, *, skip: int, limit: int) -> tuple[list[Repo], int]:
    """Return `(items, total)`: in the order of registration, at most `limit`."""
    rows = await reader.read(
        "select payload from repo order by id limit :limit offset :skip",
        {"limit": limit, "skip": skip},
    )
    ((total,),) = await reader.read("select count(*) from repo")
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
