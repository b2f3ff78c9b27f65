"""The launcher builds when something changed, and only then."""

import socket
from pathlib import Path

import pytest

from agent_runs.dashboard.serving import launch
from agent_runs.dashboard.serving.same_origin import use_the_page_port


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "rxconfig.py": "config = 1",
        "agent_runs/dashboard/app.py": "app = 1",
        "agent_runs/dashboard/browser/entry/Step.jsx": "export 1",
        "assets/dashboard.css": "a {}",
        "reflex.lock/package.json": "{}",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["rxconfig.py", "agent_runs/dashboard/browser/entry/Step.jsx", "assets/dashboard.css"],
)
def test_a_changed_source_asks_for_a_build(project: Path, name: str) -> None:
    before = launch.fingerprint(project)
    (project / name).write_text("changed")
    assert launch.fingerprint(project) != before


def test_a_renamed_source_asks_for_a_build(project: Path) -> None:
    before = launch.fingerprint(project)
    (project / "assets/dashboard.css").rename(project / "assets/other.css")
    assert launch.fingerprint(project) != before


def test_what_a_build_leaves_behind_asks_for_no_other(project: Path) -> None:
    before = launch.fingerprint(project)
    for name in ("assets/external/x.jsx", "agent_runs/dashboard/__pycache__/app.pyc"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("made")
    assert launch.fingerprint(project) == before


def test_a_finished_build_of_the_same_sources_is_used_as_it_is(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    web = project / ".web"
    (web / "build/client").mkdir(parents=True)
    (web / "build/client/index.html").write_text("<html>")
    (web / "build/.fingerprint").write_text(launch.fingerprint(project))
    monkeypatch.setenv("REFLEX_WEB_WORKDIR", str(web))
    launch.build_if_changed(project)
    assert capsys.readouterr().out == ""


def test_a_build_that_fails_says_why(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "rxconfig.py").write_text("import a_module_that_is_missing")
    for name in ("REFLEX_WEB_WORKDIR", "REFLEX_DIR"):
        monkeypatch.setenv(name, str(project / ".web"))
    with pytest.raises(SystemExit, match="could not be built; the lines above say why"):
        launch.build_if_changed(project)
    printed = capsys.readouterr()
    assert "Building the dashboard" in printed.out
    assert "a_module_that_is_missing" in printed.err


def test_a_taken_port_is_told_before_anything_is_built() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"AGENT_RUNS_DASHBOARD_PORT={port + 1}"):
            launch.refuse_taken_port(port)


def test_the_websocket_goes_to_the_port_that_the_page_came_from() -> None:
    baked = "if (x) { endpoint.hostname = frontend_hostname; }"
    mended = use_the_page_port(baked)
    assert "endpoint.port = window.location.port;" in mended
    assert use_the_page_port(mended) == mended


def test_a_reflex_that_changed_there_is_noticed_while_building() -> None:
    with pytest.raises(ValueError, match=r"state\.js has changed"):
        use_the_page_port("something else")
