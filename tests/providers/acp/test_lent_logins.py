"""A login that was renewed in a run goes back to the person, and no copy stays in the run."""

import json
import os
from pathlib import Path
from shlex import quote

import pytest
from acp_parts import odd_agent, work

from agent_runs.models import JSON
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.lent_logins import is_renewal, take_back
from agent_runs.providers.acp.logins import Login
from agent_runs.providers.acp.pins import Pin
from agent_runs.providers.acp.private_home import write_home
from agent_runs.providers.acp.workspace import RunFolder

OLD: dict[str, JSON] = {"account": "ann", "tokens": {"access_token": "a1", "expiry_date": 1}}
NEW: dict[str, JSON] = {"account": "ann", "tokens": {"access_token": "a2", "expiry_date": 2}}
NAME = ".odd/auth.json"
PROFILE = AgentProfile(
    name="odd", command=("odd",), login_files=(NAME, ".odd/config"), login=Login(renewed=(NAME,))
)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "person"
    (home / ".odd").mkdir(parents=True)
    (home / NAME).write_text(json.dumps(OLD))
    (home / ".odd/config").write_text("mine")
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs/1")
    folder.make()
    return folder


def of_person(person: Path) -> object:
    return json.loads((person / NAME).read_text())


@pytest.mark.anyio
async def test_a_renewed_login_goes_back_and_its_copy_is_removed(
    tmp_path: Path, person: Path
) -> None:
    agent = odd_agent(
        "class Odd(Scripted): pass", login_files=PROFILE.login_files, login=PROFILE.login
    )
    renew = f"/run cat $HOME/{NAME} && echo {quote(json.dumps(NEW))} > $HOME/{NAME}"
    outcome, recorder = await work(tmp_path / "home", renew, agent, agent="odd")
    assert outcome.status == "COMPLETE"
    assert "a1" in str(recorder.of("ACTION")[0].observation)
    assert of_person(person) == NEW
    assert (person / NAME).stat().st_mode & 0o777 == 0o600
    left = tmp_path / "home/runs/1/home/.odd"
    assert list(left.iterdir()) == []
    assert sorted(path.name for path in (person / ".odd").iterdir()) == ["auth.json", "config"]

    _, recorder = await work(tmp_path / "home", f"/run cat $HOME/{NAME}", agent, agent="odd")
    assert "a2" in str(recorder.of("ACTION")[0].observation)


@pytest.mark.anyio
async def test_no_copy_stays_after_a_turn_that_fails(tmp_path: Path, person: Path) -> None:
    agent = odd_agent("class Odd(Scripted): pass", login_files=(NAME,))
    for prompt in ("/crash 3", "/error -32603 No"):
        outcome, _ = await work(tmp_path / "home", prompt, agent, agent="odd")
        assert outcome.status == "ERROR"
        assert not (tmp_path / "home/runs/1/home" / NAME).exists()
    assert of_person(person) == OLD


def test_a_login_that_the_person_has_changed_meanwhile_is_kept(
    folder: RunFolder, person: Path
) -> None:
    lent = write_home(PROFILE, folder, Pin())
    (folder.home / NAME).write_text(json.dumps(NEW))
    (person / NAME).write_text(json.dumps(OLD | {"account": "bob"}))
    assert take_back(lent, [NAME], folder.home) == []
    assert of_person(person) == OLD | {"account": "bob"}


@pytest.mark.parametrize(
    "new",
    [
        OLD | {"account": "mallory"},
        OLD | {"helper": "rm -rf /"},
        {"tokens": OLD["tokens"]},
        OLD | {"tokens": ["a2"]},
        OLD | {"tokens": {"access_token": {"run": "x"}, "expiry_date": 1}},
        [],
    ],
)
def test_an_agent_cannot_give_back_anything_but_tokens(
    folder: RunFolder, person: Path, new: JSON
) -> None:
    lent = write_home(PROFILE, folder, Pin())
    (folder.home / NAME).write_text(json.dumps(new))
    assert take_back(lent, [NAME], folder.home) == []
    assert of_person(person) == OLD


def test_what_is_no_plain_small_file_is_removed_and_not_given_back(
    folder: RunFolder, person: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(json.dumps(NEW))
    (folder.home / ".odd").mkdir()
    path = folder.home / NAME

    def link() -> None:
        path.symlink_to(secret)

    def pipe() -> None:
        os.mkfifo(path)

    def flood() -> None:
        path.write_text(json.dumps(NEW) + " " * (64 << 10))

    for place in (link, pipe, flood):
        lent = write_home(PROFILE, folder, Pin())
        path.unlink()
        place()
        assert take_back(lent, [NAME], folder.home) == []
        assert not os.path.lexists(path)
    assert of_person(person) == OLD
    assert secret.exists()


def test_a_link_of_the_persons_own_stays_a_link(folder: RunFolder, person: Path) -> None:
    (person / NAME).rename(person / "kept.json")
    (person / NAME).symlink_to(person / "kept.json")
    lent = write_home(PROFILE, folder, Pin())
    (folder.home / NAME).write_text(json.dumps(NEW))
    assert take_back(lent, [NAME], folder.home) == [NAME]
    assert (person / NAME).is_symlink()
    assert of_person(person) == NEW


def test_a_renewal_changes_tokens_and_times_only() -> None:
    old, new = json.dumps(OLD).encode(), json.dumps(NEW).encode()
    assert is_renewal(old, new)
    assert not is_renewal(old, b"{")
    assert not is_renewal(old, b"[" * 100_000)


def test_standing_files_are_copied_if_the_person_wants_it_and_stay(
    folder: RunFolder, person: Path
) -> None:
    (person / ".odd/AGENTS.md").write_text("Be brief.")
    lent = write_home(PROFILE, folder, Pin())
    assert not (folder.home / ".odd/AGENTS.md").exists()
    wanted = PROFILE.model_copy(update={"standing_files": (".odd/AGENTS.md",)})
    lent = write_home(wanted, folder, Pin())
    take_back(lent, [], folder.home)
    assert (folder.home / ".odd/AGENTS.md").read_text() == "Be brief."
