"""What reaches a terminal or a pipe: live steps, no ANSI in a pipe, hostile text, Ctrl-C."""

import os
import re
import signal
import subprocess
import sys

from agent_runs.client.blocking.client import CodegenClient
from agent_runs.reading.text import clean
from tests.cli.calls import Cli
from tests.live_server import ROOT
from tests.patience import PATIENCE_SECONDS
from tests.screen import Command, Screen

HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;title\x07[bold]x[/bold] \u202egnp.exe \x9b2J\x08\x00end"


def test_steps_are_shown_live_with_a_spinner_and_elapsed_time(command: Command) -> None:
    screen = Screen(command, "run", "/sleep 2\n/say [bold]done[/bold]", "--follow")
    screen.read_until(r"ACTIVE.*\d\.\d s")
    assert screen.close() == 0
    assert "[bold]done[/bold]" in screen.text
    assert re.search(r"Run \d+ COMPLETE in ", screen.text)
    assert "\x1b[" in screen.text


def test_ctrl_c_ends_the_watching_and_not_the_run(command: Command, sdk: CodegenClient) -> None:
    screen = Screen(command, "run", "/sleep 60", "--follow")
    run_id = int(screen.read_until(r"Run (\d+) ")[1])
    screen.read_until("ACTIVE")
    os.killpg(screen.process.pid, signal.SIGINT)
    assert screen.close() == 130
    text = " ".join(clean(screen.text).split())
    assert f"Run {run_id} is still working." in text
    assert f"agent-runs logs {run_id} --follow" in text
    assert f"agent-runs stop {run_id}" in text
    assert "Traceback" not in text
    assert sdk.get_agent_run(run_id).status == "ACTIVE"
    sdk.stop_agent_run(run_id)


def test_a_question_is_put_to_the_person_at_the_terminal(
    command: Command, sdk: CodegenClient
) -> None:
    screen = Screen(command, "run", "/ask May I go on?", "--follow", "--policy", "ask")
    run_id = int(screen.read_until(r"Run (\d+) ")[1])
    screen.read_until(r"May I go on\?")
    number = screen.read_until(r"(\d)  Reject")[1]
    screen.read_until("Your answer")
    screen.type(f"9\n{number}\n")
    assert screen.close() == 0
    assert sdk.wait(run_id, timeout=PATIENCE_SECONDS).status == "COMPLETE"


def test_a_question_can_be_left_for_later(command: Command, sdk: CodegenClient) -> None:
    screen = Screen(command, "run", "/ask Later?", "--follow", "--policy", "ask")
    run_id = int(screen.read_until(r"Run (\d+) ")[1])
    screen.read_until("Your answer")
    screen.type("\n")
    number = screen.read_until(rf"agent-runs answer {run_id} (\d+) allow\|reject")[1]
    sdk.answer_permission(run_id, int(number), "allow")
    assert screen.close() == 0


def test_lists_are_tables_on_a_terminal(command: Command, sdk: CodegenClient) -> None:
    run = sdk.run("/write a.txt [bold]hello[/bold]", title="[red]table[/red]").wait(30)
    shown: dict[str, str] = {}
    for words in (["list"], ["agents"], ["diff", run.id], ["logs", run.id], ["show", run.id]):
        screen = Screen(command, *words)
        assert screen.close() == 0
        shown[str(words[0])] = clean(screen.text)
    assert re.search(rf"{run.id} +COMPLETE +scripted +[\d.]+s +\[red\]table\[/red\]", shown["list"])
    assert re.search(r"\d+ of \d+ runs", shown["list"])
    assert re.search(r"scripted +available", shown["agents"])
    assert "+[bold]hello[/bold]" in shown["diff"]
    assert "Prompt" in shown["logs"]
    assert "title              [red]table[/red]" in shown["show"]


def test_waiting_shows_the_result_on_a_terminal(command: Command) -> None:
    screen = Screen(command, "run", "/say the result", "--wait")
    assert screen.close() == 0
    assert clean(screen.text).strip().endswith("the result")


def test_a_pipe_gets_plain_lines_at_once(command: Command) -> None:
    process = command("run", "/say hello\n/sleep 60", "--follow", stdout=subprocess.PIPE)
    assert process.stdout
    first = process.stdout.readline().decode()
    run_id = int(first.split()[1])
    assert b"Prompt" in process.stdout.readline()
    stop = command("stop", run_id, stdout=subprocess.DEVNULL)
    rest = process.stdout.read().decode()
    process.stdout.close()
    assert process.wait(PATIENCE_SECONDS) == 1
    assert stop.wait(30) == 0
    assert "\x1b" not in first + rest
    assert rest.splitlines()[-1].startswith(f"Run {run_id} CANCELLED")


def test_hostile_text_is_harmless(cli: Cli) -> None:
    written = f"/say {HOSTILE}".replace("\x00", "")
    run_id = int(cli("run", written, "--wait").out.split()[1])
    for words in (["logs", run_id], ["show", run_id], ["list"], ["logs", run_id, "--json"]):
        out = cli(*words).out
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", out)
        assert "[bold]x[/bold]" in out


def test_help_is_shown_without_loading_what_the_commands_need() -> None:
    # `make bench` measures how soon it is shown.
    heavy = (
        "acp alembic fastapi httpx orjson psutil psycopg pydantic reflex rich sqlalchemy "
        "starlette uvicorn"
    )
    code = (
        f"import atexit, runpy, sys; heavy = {heavy!r}.split();"
        "sys.argv = ['agent-runs', '--help'];"
        "atexit.register(lambda: print([name for name in heavy if name in sys.modules]));"
        "runpy.run_module('agent_runs', run_name='__main__')"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert "Usage" in shown
    assert shown.splitlines()[-1] == "[]"


_FORM = (
    '/request elicitation/create {"mode": "form", "message": "Which database?", "requestedSchema":'
    ' {"required": ["db"], "properties": {"db": {"title": "Database", "enum": ["SQLite", "Postgres"'
    ']}, "size": {"type": "integer"}}}}'
)


def test_a_form_is_filled_in_at_the_terminal(command: Command, sdk: CodegenClient) -> None:
    screen = Screen(command, "run", _FORM, "--follow")
    run_id = int(screen.read_until(r"Run (\d+) ")[1])
    screen.read_until(r"Which database\?")
    screen.read_until("Your answer")
    screen.type("1\n")
    screen.read_until("Database: ")
    screen.type("SQLite\n")
    screen.read_until("size: ")
    screen.type("5\n")
    assert screen.close() == 0
    result = sdk.wait(run_id, timeout=PATIENCE_SECONDS).result
    assert result == '{"action": "accept", "content": {"db": "SQLite", "size": 5}}'


def test_a_form_is_listed_and_filled_in_by_a_command(cli: Cli, sdk: CodegenClient) -> None:
    run = sdk.create_agent_run(_FORM)
    for event in sdk.events(0, run_id=run.id):
        if event.kind == "permission.requested":
            break
    (question,) = sdk.list_permissions(run.id)
    listed = cli("permissions", run.id).out
    assert "Which database?" in listed
    assert "--field db=...  Database (required)" in listed
    assert cli("answer", run.id, question.id).code != 0
    wrong = cli("answer", run.id, question.id, "--field", "db=Oracle")
    assert "'db' must be one of 'Postgres', 'SQLite'" in wrong.err
    assert cli("answer", run.id, question.id, "--field", "db=Postgres").code == 0
    result = sdk.wait(run.id, timeout=PATIENCE_SECONDS).result
    assert result == '{"action": "accept", "content": {"db": "Postgres"}}'
