"""docs/sdk.md names everything that the SDK offers."""

import inspect
import re
from pathlib import Path

import pytest

from agent_runs import errors
from agent_runs.client.blocking.client import AgentTask, CodegenClient
from agent_runs.client.calls import runs

PAGE = (Path(__file__).parents[2] / "docs/sdk.md").read_text(encoding="utf-8")
OFFERED = [
    name
    for kind in (CodegenClient, AgentTask)
    for name, _ in inspect.getmembers(kind, inspect.isfunction)
    if not name.startswith("_") and name not in {"close", "get", "keys"}
]
RAISED_BY_SERVERS_ALONE = {"LostFence", "TooLarge"}
RAISED = [
    name
    for name, value in inspect.getmembers(errors, inspect.isclass)
    if issubclass(value, errors.AgentRunsError) and name not in RAISED_BY_SERVERS_ALONE
]


@pytest.mark.parametrize("name", sorted({*OFFERED, *RAISED}))
def test_the_page_names_it(name: str) -> None:
    assert re.search(rf"`{name}\b", PAGE)


def parameters_of(method: str) -> list[str]:
    """All that can be given to a method by name, options of a `TypedDict` as well."""
    names: list[str] = []
    for parameter in inspect.signature(getattr(CodegenClient, method)).parameters.values():
        options = re.fullmatch(r"Unpack\[(\w+)\]", str(parameter.annotation))
        names += getattr(runs, options[1]).__annotations__ if options else [parameter.name]
    return names[1:]


@pytest.mark.parametrize("method", ["create_agent_run", "list_agent_runs", "resume_agent_run"])
def test_the_page_names_every_parameter_of_a_method(method: str) -> None:
    (named,) = re.findall(rf"`{method}\((.*?)\)`", PAGE)
    assert named.replace("*, ", "").split(", ") == parameters_of(method)


@pytest.mark.parametrize("method", ["create_agent_run", "list_agent_runs", "resume_agent_run"])
def test_help_names_every_option_of_a_method(method: str) -> None:
    text = inspect.getdoc(getattr(CodegenClient, method)) or ""
    signature = str(inspect.signature(getattr(CodegenClient, method)))
    for name in parameters_of(method):
        assert f"`{name}`" in text or re.search(rf"\b{name}\b", signature)
