"""Commands about runs: run, list, show, resume, stop, archive, restore, diff."""

import base64
import mimetypes
import shlex
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, Follow, RunId, Timeout, Wait, connect
from agent_runs.cli.output import complain, say, say_done, say_fields, say_json
from agent_runs.cli.steps import in_utc
from agent_runs.errors import InvalidRequest
from agent_runs.reading.text import clean

if TYPE_CHECKING:
    from agent_runs import AgentRun, CodegenClient

Prompt = Annotated[
    str,
    typer.Argument(
        metavar="PROMPT", help="What the agent should do; `-` reads it from standard input."
    ),
]
Policy = Annotated[
    Literal["allow", "reject", "ask"] | None,
    typer.Option(help="Answer when the agent asks for permission."),
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option", metavar="KEY=VALUE", help="Choice for the agent, such as mode=plan; repeatable."
    ),
]
Model = Annotated[str | None, typer.Option(help="Model, by the name that the agent gives it.")]
Images = Annotated[
    list[str] | None,
    typer.Option("--image", metavar="FILE", help="Image to attach to the prompt; repeatable."),
]


def run(
    context: typer.Context,
    prompt: Prompt,
    *,
    agent: Annotated[str | None, typer.Option(help="Agent to use, see `agents`.")] = None,
    repo: Annotated[
        str | None,
        typer.Option(metavar="REPO", help="Repository to work in (id or name), see `repo`."),
    ] = None,
    model: Model = None,
    mode: Annotated[str | None, typer.Option(help="Prompt template, see `templates`.")] = None,
    image: Images = None,
    policy: Policy = None,
    option: Options = None,
    provider: Annotated[
        Literal["acp", "codegen"] | None,  # `ProviderName`, but the models are slow to import
        typer.Option(
            help="Where the run works: acp on this server, codegen at the hosted account."
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title to show instead of the prompt.")] = None,
    metadata: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Metadata to store with the run; repeatable."),
    ] = None,
    follow: Follow = False,
    wait: Wait = False,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Start a run.

    With --follow or --wait the exit code tells how the run ended: 0 complete, 1 in any other way,
    124 timeout.
    """
    _check_timeout(timeout, is_watched=follow or wait)
    options: dict[str, Any] = {
        "agent": agent,
        "model": model,
        "mode": mode,
        "images": _images(image),
        "permission_policy": policy,
        "options": _pairs("--option", option),
        "provider": provider,
        "title": title,
        "metadata": _pairs("--metadata", metadata),
    }
    text = _prompt(prompt)
    with connect(context) as client:
        options["repo_id"] = None if repo is None else repo_id_of(client, repo)
        created = client.create_agent_run(text, **options)
        _carry_on(client, created, -1, follow=follow, wait=wait, timeout=timeout, as_json=as_json)


def resume(
    context: typer.Context,
    run_id: RunId,
    prompt: Prompt,
    *,
    model: Model = None,
    image: Images = None,
    policy: Policy = None,
    option: Options = None,
    follow: Follow = False,
    wait: Wait = False,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Give a run that has ended a new prompt.

    With --follow or --wait the exit code tells how the run ended: 0 complete, 1 in any other way,
    124 timeout.
    """
    _check_timeout(timeout, is_watched=follow or wait)
    text, images = _prompt(prompt), _images(image)
    with connect(context) as client:
        last_seen = client.get_agent_run(run_id).log_count - 1
        resumed = client.resume_agent_run(
            run_id,
            text,
            images=images,
            model=model,
            permission_policy=policy,
            options=_pairs("--option", option),
            wait=0,
        )
        _carry_on(
            client, resumed, last_seen, follow=follow, wait=wait, timeout=timeout, as_json=as_json
        )


def list_runs(
    context: typer.Context,
    *,
    status: Annotated[
        list[str] | None, typer.Option(help="Only runs with this status; repeatable.")
    ] = None,
    agent: Annotated[str | None, typer.Option(help="Only runs of this agent.")] = None,
    q: Annotated[
        str | None,
        typer.Option(
            "--q", metavar="WORDS", help="Only runs with these words in title, prompt or result."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Runs per page.")] = 20,
    page: Annotated[int, typer.Option(min=1, help="Page to show, from 1.")] = 1,
    every: Annotated[bool, typer.Option("--all", help="Show all pages.")] = False,
    archived: Annotated[
        bool, typer.Option("--archived", help="Archived runs instead of the others.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    query: dict[str, Any] = {
        "status": status,
        "agent": agent,
        "q": q,
        "archived": True if archived else None,
    }
    with connect(context) as client:
        if every:
            items = list(client.iter_agent_runs(**query))
            answer: object = {"items": items, "total": len(items)}
            total = len(items)
        else:
            answer = part = client.list_agent_runs(page=page, limit=limit, **query)
            items, total = part.items, part.total
    if as_json:
        say_json(answer)
        return
    if sys.stdout.isatty():
        late.tables.show_runs(items, total)
        return
    for item in items:
        say_fields(item.id, item.status, item.agent, in_utc(item.created_at), item.name)


def show(context: typer.Context, run_id: RunId, as_json: AsJson = False) -> None:
    """Show a run: its status, prompt and result."""
    with connect(context) as client:
        agent_run = client.get_agent_run(run_id)
    if as_json:
        say_json(agent_run)
        return
    names = (
        "id status status_reason error title agent model repo_id permission_policy sandbox branch "
        "turn log_count created_at started_at finished_at archived_at web_url prompt result"
    )
    for name in names.split():
        value = agent_run.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, datetime):
            value = in_utc(value)
        first, *rest = clean(str(value)).strip().split("\n")
        say("\n".join([f"{name:<18} {first}", *(f"{'':<18} {line}" for line in rest)]))


def stop(context: typer.Context, run_id: RunId, as_json: AsJson = False) -> None:
    """Stop a run; nothing happens if it has already ended."""
    with connect(context) as client:
        stopped = client.stop_agent_run(run_id)
    is_stopping = stopped.get("stop_requested_at") and not stopped.get("finished_at")
    how = "is being stopped" if is_stopping else f"is {stopped.status}"
    say_done(stopped, f"Run {run_id} {how}.", as_json=as_json)


def archive(context: typer.Context, run_id: RunId, as_json: AsJson = False) -> None:
    """Hide an ended run from the list; nothing is deleted."""
    with connect(context) as client:
        archived = client.archive_agent_run(run_id)
    say_done(archived, f"Run {run_id} is archived.", as_json=as_json)


def restore(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.")],
    *,
    force: Annotated[bool, typer.Option("--force", hidden=True)] = False,
    as_json: AsJson = False,
) -> None:
    """Put an archived run back into the list."""
    if not (target.isascii() and target.isdigit()):
        # This form used to restore backups.
        command = f"agent-runs backup restore {shlex.quote(target)}{' --force' * force}"
        raise InvalidRequest(
            f"Run `{command}` to restore a backup; `restore` alone takes a run's id."
        )
    with connect(context) as client:
        restored = client.restore_agent_run(int(target))
    say_done(restored, f"Run {restored.id} is back in the list.", as_json=as_json)


def diff(context: typer.Context, run_id: RunId, as_json: AsJson = False) -> None:
    """Print what a run changed, as a diff for `git apply`."""
    with connect(context) as client:
        changes = client.get_agent_run_diff(run_id)
    if as_json:
        say_json(changes)
    elif sys.stdout.isatty():
        late.tables.show_diff(changes.diff)
    else:
        # For another program: unchanged, byte for byte.
        sys.stdout.flush()
        sys.stdout.buffer.write(changes.diff.encode(errors="surrogatepass"))


def repo_id_of(client: "CodegenClient", repo: str) -> int:
    """Return the id of a repository given by id or name.

    Raises:
        InvalidRequest: no repository has that name, or several have.
    """
    if repo.isascii() and repo.isdigit():
        return int(repo)
    ids = [item.id for item in client.list_repos() if repo in {item.name, item.full_name}]
    if len(ids) != 1:
        problem = "no" if not ids else "more than one"
        raise InvalidRequest(
            f"There is {problem} repository {repo!r}; `agent-runs repo list` shows all ids."
        )
    return ids[0]


def _carry_on(
    client: "CodegenClient",
    run: "AgentRun",
    last_seen: int,
    *,
    follow: bool,
    wait: bool,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Say which run it is and, with --follow or --wait, watch it to its end."""
    is_watched = follow or wait
    if not as_json:
        say(f"Run {run.id} {run.status} {run.web_url}")
    elif not is_watched:
        say_json(run)
    if not is_watched:
        if sys.stdout.isatty():
            complain(f"Watch it: agent-runs logs {run.id} --follow")
        return
    matches = late.live.every if follow else None
    code = late.live.watch(
        client, run.id, last_seen, timeout=timeout, as_json=as_json, matches=matches
    )
    raise typer.Exit(code)


def _check_timeout(timeout: float | None, *, is_watched: bool) -> None:
    if timeout is not None and not is_watched:
        raise InvalidRequest("--timeout needs --follow or --wait.")


def _prompt(prompt: str) -> str:
    text = sys.stdin.read() if prompt == "-" else prompt
    if not text.strip():
        raise InvalidRequest("The prompt is empty: say what the agent should do.")
    return text


def _pairs(flag: str, pairs: Sequence[str] | None) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise InvalidRequest(f"{flag} {pair!r}: use KEY=VALUE.")
        values[name] = value
    return values or None


def _images(files: Sequence[str] | None) -> list[str] | None:
    return [_image(file) for file in files or ()] or None


def _image(file: str) -> str:
    """The image as a data URI; a data URI is returned unchanged."""
    if file.startswith("data:"):
        return file
    kind, _ = mimetypes.guess_type(file)
    if not (kind or "").startswith("image/"):
        raise InvalidRequest(f"--image {file!r} is not a .png, .jpg, .gif or .webp file.")
    try:
        content = Path(file).read_bytes()
    except OSError as exc:
        raise InvalidRequest(f"--image {file!r} cannot be read: {exc.strerror}.") from exc
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
