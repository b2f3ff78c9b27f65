"""The built-in agent starts fast and needs nothing but Python."""

import json
import subprocess
import sys
from typing import Any

from agent_runs.providers.acp.agents import BUILT_IN, SCRIPTED_PATH

HELLO: dict[str, Any] = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {}}


def ask(command: list[str], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=30, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_speaks_the_protocol_started_by_path_and_as_a_module() -> None:
    module = [sys.executable, "-m", "agent_runs.providers.acp.scripted"]
    for command in (list(BUILT_IN["scripted"].command), module):
        (answer,) = ask(command, HELLO)
        assert answer["result"]["protocolVersion"] == 1
        assert answer["result"]["agentInfo"] == {"name": "scripted", "version": "1.0"}


def test_it_imports_nothing_but_the_standard_library() -> None:
    code = f"import runpy, sys; runpy.run_path({str(SCRIPTED_PATH)!r}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=True
    )
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert roots - set(sys.stdlib_module_names) - {"__main__", "sitecustomize"} == set()


def test_an_unknown_method_is_an_error_and_not_the_end() -> None:
    unknown: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "session/fly", "params": {}}
    first, second = sorted(
        ask(list(BUILT_IN["scripted"].command), unknown, HELLO), key=lambda answer: -answer["id"]
    )
    assert first["error"]["code"] == -32601
    assert second["result"]["protocolVersion"] == 1
