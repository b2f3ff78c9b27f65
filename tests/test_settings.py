"""Settings: where they come from, what is refused, and how `.env` is changed."""

import re
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from agent_runs.settings import (
    InvalidSettings,
    Settings,
    api_token_for,
    env_name,
    find_env_file,
    load_settings,
    save_env,
    secrets_of,
)
from agent_runs.settings.env_file import with_changes


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(env_name(field), raising=False)
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def load(tmp_path: Path, text: str = "") -> Settings:
    path = tmp_path / "settings.env"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AGENT_RUNS_PORT", "9001")
    settings = load(tmp_path, "AGENT_RUNS_PORT=9002\nAGENT_RUNS_CONCURRENCY=7\n")
    assert (settings.port, settings.concurrency, settings.dashboard_port) == (9001, 7, 3000)


def test_codegen_names_have_no_prefix(tmp_path: Path) -> None:
    settings = load(tmp_path, "CODEGEN_API_TOKEN=sk-1\nCODEGEN_ORG_ID=323\n")
    assert settings.codegen_api_token is not None
    assert settings.codegen_api_token.get_secret_value() == "sk-1"
    assert settings.codegen_org_id == "323"
    assert settings.codegen_base_url == "https://api.codegen.com/v1"


def test_an_empty_value_counts_as_not_set(tmp_path: Path) -> None:
    settings = load(tmp_path, "CODEGEN_API_TOKEN=\nAGENT_RUNS_PORT=\n")
    assert settings.codegen_api_token is None
    assert settings.port == 8000


def test_files_are_kept_in_the_home_folder_unless_set(tmp_path: Path) -> None:
    home = tmp_path / "h"
    settings = load(tmp_path, f"AGENT_RUNS_HOME={home}\n")
    assert settings.database_url == f"sqlite:///{home}/agent_runs.db"
    assert settings.agents_file == home / "agents.toml"
    assert settings.templates_dir == home / "templates"


def test_relative_paths_become_absolute(tmp_path: Path) -> None:
    settings = load(tmp_path, "AGENT_RUNS_HOME=h\nAGENT_RUNS_DATABASE_URL=sqlite:///x.db\n")
    assert settings.home == tmp_path / "h"
    assert settings.database_url == f"sqlite:///{tmp_path}/x.db"


def test_the_dashboard_address_follows_its_port(tmp_path: Path) -> None:
    assert load(tmp_path, "AGENT_RUNS_DASHBOARD_PORT=3999").dashboard_url == "http://localhost:3999"


def test_lists_are_separated_by_commas(tmp_path: Path) -> None:
    settings = load(tmp_path, "AGENT_RUNS_ALLOWED_HOSTS=runs.example.org, *\n")
    assert settings.allowed_hosts == ("runs.example.org", "*")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AGENT_RUNS_PORT", "99999"),
        ("AGENT_RUNS_PORT", "http"),
        ("AGENT_RUNS_CONCURRENCY", "0"),
        ("AGENT_RUNS_TIME_LIMIT_SECONDS", "-1"),
        ("AGENT_RUNS_TIME_LIMIT_SECONDS", "inf"),
        ("AGENT_RUNS_PERMISSION_POLICY", "maybe"),
        ("AGENT_RUNS_DATABASE_URL", "mysql://x/y"),
        ("AGENT_RUNS_DATABASE_URL", "sqlite:///:memory:"),
        ("AGENT_RUNS_API_TOKEN", "short"),
        ("AGENT_RUNS_API_TOKEN", "with spaces in it"),
        ("AGENT_RUNS_AGENTS_FILE", "/nowhere/agents.toml"),
        ("CODEGEN_BASE_URL", "api.codegen.com"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable_but_not_the_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as caught:
        load(tmp_path)
    text = str(caught.value)
    assert text.startswith(f"{name} cannot be used: ")
    assert "\n" not in text
    assert "with spaces" not in text


def test_each_wrong_variable_gets_its_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AGENT_RUNS_PORT", "x")
    monkeypatch.setenv("AGENT_RUNS_DASHBOARD_PORT", "y")
    with pytest.raises(InvalidSettings) as caught:
        load(tmp_path)
    first, second = str(caught.value).splitlines()
    assert first.startswith("AGENT_RUNS_PORT ")
    assert second.startswith("AGENT_RUNS_DASHBOARD_PORT ")


def test_a_file_that_is_no_text_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "settings.env"
    path.write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(InvalidSettings, match="cannot be read"):
        load_settings(path)


def test_a_misspelt_variable_is_answered_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AGENT_RUNS_PROT", "1")
    load(tmp_path, "AGENT_RUNS_CONCURENCY=3\n")
    assert "AGENT_RUNS_PROT is set" in caplog.text
    assert "Did you mean AGENT_RUNS_PORT?" in caplog.text
    assert "Did you mean AGENT_RUNS_CONCURRENCY?" in caplog.text


def test_the_env_file_of_the_working_directory_is_preferred(tmp_path: Path) -> None:
    (tmp_path / ".env").touch()
    assert find_env_file() == tmp_path / ".env"


def test_secrets_are_not_shown_by_the_settings_themselves(tmp_path: Path) -> None:
    text = repr(
        load(
            tmp_path,
            "CODEGEN_API_TOKEN=sk-canary-1\nAGENT_RUNS_API_TOKEN=canary-token-2\n"
            "AGENT_RUNS_DATABASE_URL=postgresql://me:canary-3@localhost/runs\n",
        )
    )
    assert "canary" not in text


def test_no_token_is_needed_on_loopback(tmp_path: Path) -> None:
    assert api_token_for(Settings(home=tmp_path)) == (None, False)


def test_a_token_is_generated_once_for_an_address_others_can_reach(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new", host="0.0.0.0")
    token, is_new = api_token_for(settings)
    assert is_new
    assert token is not None
    assert len(token) >= 40
    assert api_token_for(settings) == (token, False)
    assert stat.S_IMODE((settings.home / "api-token").stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700


def test_the_token_that_was_set_is_used_everywhere(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, host="0.0.0.0", api_token=SecretStr("my-own-token"))
    assert api_token_for(settings) == ("my-own-token", False)
    assert not (tmp_path / "api-token").exists()


def test_an_empty_token_file_is_no_open_door(tmp_path: Path) -> None:
    (tmp_path / "api-token").touch()
    with pytest.raises(InvalidSettings, match="Delete it"):
        api_token_for(Settings(home=tmp_path, host="0.0.0.0"))


def test_every_secret_is_found_for_redaction(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "api-token").write_text("generated-token\n")
    (tmp_path / "accounts.toml").write_text('[[account]]\ntoken = "sk-of-another-team"\n')
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789")
    agent = {"GATEWAY_API_KEY": "sk-gateway-012345", "GATEWAY_URL": "http://gateway.example"}
    settings = load(
        tmp_path,
        f"AGENT_RUNS_HOME={tmp_path}\nCODEGEN_API_TOKEN=sk-codegen\nAGENT_RUNS_API_TOKEN=api-token-1\n"
        "AGENT_RUNS_DATABASE_URL=postgresql://me:p%40ss@localhost/runs\n",
    )
    expected = {"sk-codegen", "api-token-1", "p%40ss", "p@ss", "generated-token"}
    expected |= {"sk-of-another-team", "sk-ant-0123456789", "sk-gateway-012345"}
    found = set(secrets_of(settings, agent))
    assert expected <= found
    assert "http://gateway.example" not in found


def test_a_password_that_is_the_user_name_is_not_redacted_from_all_text(tmp_path: Path) -> None:
    url = "postgresql://postgres:postgres@localhost/runs"
    assert "postgres" not in secrets_of(Settings(home=tmp_path, database_url=url))


FOREIGN = """# my settings
export A="x # y"   # tail

B='two
lines'
not a variable
CODEGEN_API_TOKEN=old # hint
C=3"""


def test_saving_keeps_foreign_lines_and_comments(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(FOREIGN)
    save_env(path, {"CODEGEN_API_TOKEN": "new", "CODEGEN_ORG_ID": "323"})
    expected = FOREIGN.replace("CODEGEN_API_TOKEN=old # hint", "CODEGEN_API_TOKEN=new")
    assert path.read_text() == f"{expected}\nCODEGEN_ORG_ID=323\n"


def test_saving_makes_the_file_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / ".env"
    save_env(path, {"A": "1"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    save_env(path, {"A": "2"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [".env"]


def test_saving_none_removes_the_variable_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\nB=2\nexport A=3\n")
    save_env(path, {"A": None, "C": None})
    assert path.read_text() == "B=2\n"


def test_saving_a_variable_that_stands_twice_leaves_one(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\nB=2\nexport A=3\n")
    save_env(path, {"A": "4"})
    assert path.read_text() == "B=2\nexport A=4\n"


@pytest.mark.parametrize(
    "value",
    [
        "a b",
        "it's",
        "back\\slash'",
        'say "x"',
        "a#b",
        " # x",
        "$HOME",
        "a=b",
        "",
        "ünï",
        "sk-1_2.3",
    ],
)
def test_a_saved_value_is_read_back_as_it_was(tmp_path: Path, value: str) -> None:
    path = tmp_path / ".env"
    save_env(path, {"A": value, "B": "after"})
    assert dotenv_values(path) == {"A": value, "B": "after"}


@pytest.mark.parametrize("value", ["a\nB=1", "a\0b", "${HOME}", "'\""])
def test_a_value_that_the_format_cannot_hold_is_refused_and_nothing_changes(
    tmp_path: Path, value: str
) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    with pytest.raises(InvalidSettings):
        save_env(path, {"A": value, "Z": "'"})
    assert path.read_text() == "A=1\n"


def test_a_name_that_would_add_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="is not a variable name"):
        save_env(tmp_path / ".env", {"A=1\nB": "2"})


def test_a_symbolic_link_is_neither_followed_nor_replaced(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("A=1\n")
    path = tmp_path / ".env"
    path.symlink_to(target)
    with pytest.raises(InvalidSettings, match="symbolic link"):
        save_env(path, {"A": "2"})
    assert path.is_symlink()
    assert target.read_text() == "A=1\n"


@pytest.mark.soak
@given(st.text(max_size=60), st.text(max_size=20))
def test_whatever_the_file_holds_a_change_is_exact_or_refused(old: str, value: str) -> None:
    value = "".join(sign for sign in value if sign.isprintable())
    try:
        new = with_changes(old, {"TOKEN": value})
    except InvalidSettings:
        return
    comments = [line for line in old.splitlines() if line.startswith("#")]
    assert all(line in new for line in comments)


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_read_by_the_program(field: str) -> None:
    root = Path(__file__).parents[1]
    sources = [*root.glob("*.py"), *(root / "agent_runs").rglob("*.py")]
    # The accounts are made of settings there, and read by the program.
    texts = [
        path.read_text(encoding="utf-8")
        for path in sources
        if "settings" not in path.parts or path.name == "accounts.py"
    ]
    # The client takes no settings: it reads its few variables by name.
    client = [
        path.read_text(encoding="utf-8") for path in (root / "agent_runs/client").glob("*.py")
    ]
    by_name = any(f'"{env_name(field)}"' in text for text in client)
    assert by_name or any(re.search(rf"settings(\(\))?\.{field}\b", text) for text in texts)
