"""The logins that people have are found; nothing that is not a login of the agent is passed on."""

import json
import os
from pathlib import Path

import pytest
from acp_parts import odd_agent, work

from agent_runs.providers.acp.agents import BUILT_IN, AgentProfile
from agent_runs.providers.acp.environment import agent_environment
from agent_runs.providers.acp.logins import Login, Way, relaxed_json
from agent_runs.providers.acp.pins import Pin
from agent_runs.providers.acp.private_home import TooMuchToCopy, write_home
from agent_runs.providers.acp.profiles import load_profiles
from agent_runs.providers.acp.workspace import RunFolder

KEY = "canary-0123456789"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs/1")
    folder.make()
    return folder


@pytest.fixture
def person(tmp_path: Path) -> Path:
    path = tmp_path / "person"
    path.mkdir()
    return path


def put(home: Path, name: str, content: object) -> None:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def environment(name: str, folder: RunFolder, person: Path, **manager: str) -> dict[str, str]:
    return agent_environment(
        BUILT_IN[name], folder, Pin(), model=None, marker="1:x", manager=manager, user_home=person
    )


def settings(name: str, folder: RunFolder, person: Path, path: str, **manager: str) -> object:
    write_home(BUILT_IN[name], folder, Pin(), user_home=person, manager=manager)
    return json.loads((folder.home / path).read_text())


LOGINS = [
    ("claude", ".claude/.credentials.json", {"claudeAiOauth": {"accessToken": KEY}}),
    ("claude", ".claude/settings.json", {"apiKeyHelper": "key"}),
    ("claude", ".claude/settings.json", {"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}}),
    ("codex", ".codex/auth.json", {"tokens": {"access_token": KEY}}),
    ("codex", ".codex/auth.json", {"OPENAI_API_KEY": KEY}),
    ("opencode", ".local/share/opencode/auth.json", {"openai": {"type": "api", "key": KEY}}),
    ("opencode", ".config/opencode/opencode.jsonc", '// mine\n{"model": "x/y"}'),
    ("gemini", ".gemini/oauth_creds.json", {"refresh_token": KEY}),
    ("gemini", ".gemini/.env", f"export GEMINI_API_KEY={KEY}\n"),
    ("qwen", ".qwen/settings.json", {"security": {"auth": {"apiKey": KEY}}}),
    ("qwen", ".qwen/oauth_creds.json", {"access_token": KEY}),
    ("copilot", ".config/gh/hosts.yml", f"github.com:\n    oauth_token: {KEY}\n"),
    ("vibe", ".vibe/.env", f"MISTRAL_API_KEY='{KEY}'\n"),
]
KEYS = [
    ("claude", "ANTHROPIC_API_KEY"),
    ("claude", "CLAUDE_CODE_USE_VERTEX"),
    ("claude", "CLAUDE_CODE_USE_FOUNDRY"),
    ("codex", "OPENAI_API_KEY"),
    ("opencode", "OPENROUTER_API_KEY"),
    ("gemini", "GOOGLE_GENAI_USE_VERTEXAI"),
    ("qwen", "OPENAI_API_KEY"),
    ("copilot", "GH_TOKEN"),
    ("copilot", "GITHUB_TOKEN"),
    ("copilot", "COPILOT_PROVIDER_BASE_URL"),
    ("vibe", "MISTRAL_API_KEY"),
]
NAMES = sorted({name for name, *_ in LOGINS})


def state(name: str, person: Path, **manager: str) -> str | None:
    profile = BUILT_IN[name]
    assert profile.login is not None
    return profile.login.state(manager, person, profile.login_files)


@pytest.mark.parametrize(("name", "path", "content"), LOGINS)
def test_a_login_in_a_file_is_seen(name: str, path: str, content: object, person: Path) -> None:
    put(person, path, content)
    assert state(name, person) == "logged in"


@pytest.mark.parametrize(("name", "variable"), KEYS)
def test_a_login_in_a_variable_is_seen(name: str, variable: str, person: Path) -> None:
    assert state(name, person, **{variable: KEY}) == "logged in"
    assert state(name, person, **{variable: ""}) == "not logged in"


def test_a_login_in_a_profile_of_ones_own_is_seen(
    person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(person))
    for variable in BUILT_IN["opencode"].env_keys:
        monkeypatch.delenv(variable, raising=False)
    own = BUILT_IN["opencode"].model_copy(update={"env": {"OPENCODE_CONFIG_CONTENT": "{}"}})
    assert own.login_state() == "logged in"
    assert own.may_start()


@pytest.mark.parametrize("name", NAMES)
def test_who_has_nothing_is_not_logged_in(name: str, person: Path) -> None:
    assert state(name, person) == "not logged in"


def test_settings_that_name_no_login_cannot_tell(person: Path) -> None:
    put(person, ".codex/config.toml", 'model_provider = "mine"\n')
    assert state("codex", person) == "cannot tell"


def test_the_built_in_agent_needs_no_login() -> None:
    info = BUILT_IN["scripted"].info()
    assert (info.login, info.login_hint) == (None, None)


def test_an_answer_about_agents_holds_no_secret(
    person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, path, content in LOGINS:
        put(person, path, content)
        monkeypatch.setenv("HOME", str(person))
        assert "canary" not in BUILT_IN[name].info().model_dump_json()


def test_a_cloud_gets_its_credentials_only_when_it_is_chosen(
    folder: RunFolder, person: Path
) -> None:
    put(person, ".aws/credentials", KEY)
    manager = {"AWS_SECRET_ACCESS_KEY": KEY, "AWS_REGION": "eu-west-1"}
    assert "AWS_SECRET_ACCESS_KEY" not in environment("claude", folder, person, **manager)
    write_home(BUILT_IN["claude"], folder, Pin(), user_home=person, manager=manager)
    assert not (folder.home / ".aws").exists()

    manager["CLAUDE_CODE_USE_BEDROCK"] = "1"
    found = environment("claude", folder, person, **manager)
    assert manager.items() <= found.items()
    write_home(BUILT_IN["claude"], folder, Pin(), user_home=person, manager=manager)
    assert (folder.home / ".aws/credentials").read_text() == KEY


def test_a_gateway_gets_the_key_that_the_agents_own_settings_name(
    folder: RunFolder, person: Path
) -> None:
    put(person, ".codex/config.toml", '[model_providers.gw]\nenv_key = "GATEWAY_KEY"\n')
    manager = {"GATEWAY_KEY": KEY, "AGENT_RUNS_API_TOKEN": "canary", "OTHER": "canary"}
    found = environment("codex", folder, person, **manager)
    assert found["GATEWAY_KEY"] == KEY
    assert "canary" not in {found.get("OTHER"), found.get("AGENT_RUNS_API_TOKEN")}

    put(person, ".codex/config.toml", 'env_key = "AGENT_RUNS_API_TOKEN"\n')
    assert "AGENT_RUNS_API_TOKEN" not in environment("codex", folder, person, **manager)


def test_codex_is_told_of_a_gateway_in_its_own_settings(folder: RunFolder, person: Path) -> None:
    found = environment("codex", folder, person, OPENAI_BASE_URL="http://gateway.example")
    assert json.loads(found["CODEX_CONFIG"]) == {"openai_base_url": "http://gateway.example"}
    assert "CODEX_CONFIG" not in environment("codex", folder, person)
    assert state("codex", person, OPENAI_BASE_URL="http://gateway.example") == "not logged in"


def test_a_login_of_github_reaches_copilot_under_copilots_name(
    folder: RunFolder, person: Path
) -> None:
    put(person, ".config/gh/hosts.yml", f"github.com:\n    user: ann\n    oauth_token: {KEY}\n")
    found = environment("copilot", folder, person)
    assert found["COPILOT_GITHUB_TOKEN"] == KEY
    found = environment("copilot", folder, person, GH_TOKEN="gh", GITHUB_TOKEN="github")
    assert found["COPILOT_GITHUB_TOKEN"] == "gh"
    assert "GH_TOKEN" not in found
    found = environment("copilot", folder, person, COPILOT_GITHUB_TOKEN="own", GH_TOKEN="gh")
    assert found["COPILOT_GITHUB_TOKEN"] == "own"


def test_a_token_that_is_read_from_a_file_is_known_to_the_redactor(
    person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(person, ".config/gh/hosts.yml", f"github.com:\n    oauth_token: {KEY}\n")
    monkeypatch.setenv("HOME", str(person))
    assert BUILT_IN["copilot"].secret_variables()["COPILOT_GITHUB_TOKEN"] == KEY


def test_a_google_login_is_not_hidden_by_the_forced_key(folder: RunFolder, person: Path) -> None:
    path = ".gemini/settings.json"
    chosen = settings("gemini", folder, person, path)
    assert '"gemini-api-key"' in json.dumps(chosen)
    put(person, ".gemini/oauth_creds.json", {"refresh_token": KEY})
    chosen = settings("gemini", folder, person, path)
    assert '"oauth-personal"' in json.dumps(chosen)
    assert '"usageStatisticsEnabled": false' in json.dumps(chosen)
    assert (folder.home / ".gemini/oauth_creds.json").exists()
    chosen = settings("gemini", folder, person, path, GEMINI_API_KEY=KEY)
    assert '"oauth-personal"' not in json.dumps(chosen)
    chosen = settings("gemini", folder, person, path, GOOGLE_GENAI_USE_VERTEXAI="true")
    assert '"vertex-ai"' in json.dumps(chosen)


def test_what_a_person_has_chosen_in_qwens_settings_is_used(
    folder: RunFolder, person: Path
) -> None:
    put(
        person,
        ".qwen/settings.json",
        '{"security": {"auth": {"selectedType": "anthropic"}}, // mine\n "tools": {"x": 1},}',
    )
    chosen = settings("qwen", folder, person, ".qwen/settings.json")
    assert chosen == {"security": {"auth": {"selectedType": "anthropic"}}}
    assert "--auth-type" not in BUILT_IN["qwen"].command


def test_only_what_is_a_login_is_taken_from_claudes_settings(
    folder: RunFolder, person: Path
) -> None:
    theirs: dict[str, object] = {
        "apiKeyHelper": "~/bin/key --short",
        "env": {"ANTHROPIC_BASE_URL": "http://gateway.example"},
        "hooks": {"Stop": ["x"]},
        "permissions": {"allow": ["Bash"]},
    }
    put(person, ".claude/settings.json", theirs)
    chosen = settings("claude", folder, person, ".claude/settings.json")
    assert chosen == {"env": theirs["env"], "apiKeyHelper": f"{person}/bin/key --short"}


def test_a_folder_of_login_files_is_copied_without_its_symlinks(
    folder: RunFolder, person: Path, tmp_path: Path
) -> None:
    put(person, ".odd/skills/a/SKILL.md", "one")
    put(person, ".odd/skills/b.md", "two")
    (tmp_path / "secret").write_text(KEY)
    (person / ".odd/skills/link").symlink_to(tmp_path / "secret")
    (person / ".odd/skills/all").symlink_to(tmp_path)
    os.mkfifo(person / ".odd/skills/pipe")
    profile = AgentProfile(name="odd", command=("odd",), login_files=(".odd/skills",))
    write_home(profile, folder, Pin(), user_home=person)
    copied = [path for path in (folder.home / ".odd").rglob("*") if path.is_file()]
    assert sorted(path.name for path in copied) == ["SKILL.md", "b.md"]


def test_a_folder_that_is_too_large_is_refused(folder: RunFolder, person: Path) -> None:
    profile = AgentProfile(name="odd", command=("odd",), login_files=(".odd",))
    for number in range(1001):
        put(person, f".odd/{number}", "")
    with pytest.raises(TooMuchToCopy, match=r"~/\.odd has more than 1,000 files"):
        write_home(profile, folder, Pin(), user_home=person)
    with (person / ".odd/0").open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(TooMuchToCopy, match=r"~/\.odd has more than 16 MB"):
        write_home(profile, folder, Pin(), user_home=person)


@pytest.mark.anyio
async def test_a_login_that_is_too_large_ends_the_run_with_a_sentence(
    tmp_path: Path, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(person, ".odd/auth", "")
    with (person / ".odd/auth").open("wb") as file:
        file.truncate(17 << 20)
    monkeypatch.setenv("HOME", str(person))
    agent = odd_agent("class Odd(Scripted): pass", login_files=(".odd/auth",))
    outcome, _ = await work(tmp_path / "home", "Hi", agent, agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "login_too_large")
    assert "~/.odd/auth has more than 16 MB" in (outcome.error or "")


@pytest.mark.anyio
async def test_an_agent_that_would_use_a_service_of_its_own_needs_a_login(
    tmp_path: Path, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(person))
    monkeypatch.delenv("ODD_KEY", raising=False)
    login = Login(keys=("ODD_KEY",), required=True)
    agent = odd_agent(
        "class Odd(Scripted): pass", login=login, env_keys=("ODD_KEY",), login_hint="set ODD_KEY"
    )
    outcome, recorder = await work(tmp_path / "home", "Hi", agent, agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "not_logged_in")
    assert "set ODD_KEY" in (outcome.error or "")
    assert recorder.of("ACTION") == []
    monkeypatch.setenv("ODD_KEY", KEY)
    outcome, _ = await work(tmp_path / "home2", "Hi", agent, agent="odd")
    assert outcome.status == "COMPLETE"


def test_a_service_is_chosen_by_its_file_only_without_a_key(person: Path) -> None:
    login = Login(keys=("KEY",), ways=(Way(file=".odd/oauth"),))
    assert login.used({}, person) == []
    put(person, ".odd/oauth", "x")
    assert login.used({}, person) == [Way(file=".odd/oauth")]
    assert login.used({"KEY": "x"}, person) == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": "' + "\\", "[" * 100_000])
def test_settings_that_cannot_be_read_are_taken_as_empty(text: str) -> None:
    assert relaxed_json(text) == {}


def test_comments_are_skipped_and_texts_that_look_like_them_are_kept() -> None:
    text = '{"url": "http://x/*y*/", /* one */ "b": [1, 2,], // two\n}'
    assert relaxed_json(text) == {"url": "http://x/*y*/", "b": [1, 2]}


HOSTED = """
class Odd(Scripted):
    async def answer(self, method, params):
        answer = await super().answer(method, params)
        if method == "session/new":
            option = {"id": "model", "name": "Model", "type": "select", "currentValue": "odd/free"}
            answer["configOptions"] = [option | {"options": [{"value": "odd/free", "name": "F"}]}]
        return answer
"""


@pytest.mark.anyio
async def test_a_hosted_model_that_nobody_chose_gets_no_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ODD_KEY", raising=False)
    agent = odd_agent(HOSTED, login=Login(hosted="odd/", chosen={"ODD_KEY": "."}))
    outcome, recorder = await work(tmp_path / "home", "/write a.txt x", agent, agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "model_unchosen")
    assert "'odd/free'" in (outcome.error or "")
    assert recorder.of("ACTION") == []
    monkeypatch.setenv("ODD_KEY", KEY)
    outcome, _ = await work(tmp_path / "home2", "/write a.txt x", agent, agent="odd")
    assert outcome.status == "COMPLETE"


def test_who_has_chosen_opencodes_own_models_may_use_them(person: Path) -> None:
    login = BUILT_IN["opencode"].login
    assert login is not None
    assert login.is_unchosen("opencode/big-pickle", {"OPENAI_API_KEY": KEY}, person)
    assert not login.is_unchosen("openai/gpt-5", {}, person)
    assert not login.is_unchosen("opencode/big-pickle", {"OPENCODE_API_KEY": KEY}, person)
    put(person, ".config/opencode/opencode.json", {"model": "opencode/big-pickle"})
    assert not login.is_unchosen("opencode/big-pickle", {}, person)


def test_a_profile_can_keep_the_login_out_of_its_runs(
    folder: RunFolder, person: Path, tmp_path: Path
) -> None:
    (tmp_path / "agents.toml").write_text("[agents.claude]\nlogin_files = []\nlogin = {}\n")
    put(person, ".claude/.credentials.json", {"accessToken": KEY})
    put(person, ".claude/settings.json", {"apiKeyHelper": KEY})
    profile = load_profiles(tmp_path / "agents.toml")["claude"]
    write_home(profile, folder, Pin(), user_home=person)
    assert [path for path in folder.home.rglob("*") if path.is_file()] == []
