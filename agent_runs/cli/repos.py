"""Commands about repositories that runs can work in: repo add, list, remove."""

from pathlib import Path
from typing import Annotated

import typer

from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import say_done, say_fields, say_json
from agent_runs.cli.runs import repo_id_of

repo = typer.Typer(
    help="Register, list and remove repositories.", no_args_is_help=True, rich_markup_mode=None
)


@repo.command("add")
def add_repo(
    context: typer.Context,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Path of a clone on this machine, or a git URL.")
    ],
    name: Annotated[str | None, typer.Option(help="Name to use with `run --repo`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register a repository."""
    path = Path(url).expanduser()
    # The server has another working directory, so a path has to be absolute.
    url = str(path.resolve()) if path.exists() else url
    with connect(context) as client:
        added = client.add_repo(url, name)
    say_done(added, f"Repository {added.id} is {added.name}: {added.url}", as_json=as_json)


@repo.command("list")
def list_repos(context: typer.Context, as_json: AsJson = False) -> None:
    """List the registered repositories."""
    with connect(context) as client:
        repos = client.list_repos()
    if as_json:
        say_json(repos)
        return
    for entry in repos:
        say_fields(entry.id, entry.name, entry.url, entry.default_branch)


@repo.command("remove")
def remove_repo(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="REPO", help="Id or name of the repository.")],
    as_json: AsJson = False,
) -> None:
    """Forget a repository; its files and runs stay."""
    with connect(context) as client:
        repo_id = repo_id_of(client, name)
        client.remove_repo(repo_id)
    removed = {"id": repo_id, "removed": True}
    say_done(removed, f"Removed repository {repo_id}.", as_json=as_json)
