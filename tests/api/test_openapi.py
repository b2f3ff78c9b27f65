"""The documentation of the API is whole: every word described, every error told, offline too."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from agent_runs.events import EventKind

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[2] / "docs"
Json = dict[str, Any]


@pytest.fixture
def document(app: FastAPI) -> Json:
    return app.openapi()


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


async def test_every_operation_is_told_in_words_with_tag_and_name(document: Json) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)
    tags = {tag["name"] for tag in document["tags"]}
    for where, operation in operations(document):
        assert operation.get("summary"), where
        assert operation.get("description"), where
        assert operation["tags"], where
        assert set(operation["tags"]) <= tags, where


async def test_every_schema_has_a_title_of_its_own_so_that_clients_can_be_generated(
    document: Json,
) -> None:
    schemas = document["components"]["schemas"]
    assert {name: schema["title"] for name, schema in schemas.items()} == {n: n for n in schemas}
    assert len({name.lower() for name in schemas}) == len(schemas)


async def test_bodies_come_in_types_that_generated_clients_can_send(document: Json) -> None:
    for where, operation in operations(document):
        types = set(operation.get("requestBody", {}).get("content", {}))
        assert types <= {"application/json", "application/octet-stream"}, where


async def test_every_parameter_is_described(document: Json) -> None:
    for where, operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (where, parameter["name"])


async def test_every_field_of_every_schema_is_described(document: Json) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("description"), name
        for field, said in schema.get("properties", {}).items():
            # A field that is another schema is described there.
            assert said.get("description") or "$ref" in said, f"{name}.{field}"


async def test_every_error_is_documented_with_its_shape(document: Json) -> None:
    for where, operation in operations(document):
        answers = operation["responses"]
        assert {"401", "403", "422", "500", "503"} <= answers.keys(), where
        official = " /v1/" in where
        for status, answer in answers.items():
            assert answer["description"], (where, status)
            if not status.startswith("2"):
                shape = answer["content"]["application/json"]["schema"]["$ref"]
                assert ("Official" in shape) == official, (where, status)
        if "{id}" in where or "{agent_run_id}" in where:
            assert "404" in answers, where
        if operation.get("requestBody"):
            assert "413" in answers, where


async def test_request_bodies_show_an_example(document: Json) -> None:
    for name in ("CreateRun", "ResumeRun", "CreateAgentRunInput", "AddRepo"):
        fields = document["components"]["schemas"][name]["properties"]
        assert any("examples" in field for field in fields.values()), name


async def test_the_pages_work_without_the_internet(http: httpx.AsyncClient) -> None:
    for path in ("/docs", "/redoc"):
        page = await http.get(path)
        assert page.status_code == 200
        assert "https://" not in page.text.replace("https://json-schema.org", "")
        for asset in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
            answer = await http.get(asset)
            assert answer.status_code == 200, asset
            assert len(answer.content) > 1000, asset


async def test_the_page_of_the_api_lists_every_endpoint_and_no_other(document: Json) -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)`", text, re.MULTILINE))
    assert listed == {where for where, _ in operations(document)}


def test_the_page_of_the_events_lists_every_kind() -> None:
    text = (DOCS / "events.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z.]+)`", text, re.MULTILINE)) == {str(k) for k in EventKind}
