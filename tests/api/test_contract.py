"""The official API is served whole: every operation, parameter, bound, field and answer of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import orjson
import pytest
from api_parts import Finish
from fastapi import FastAPI
from official_contract import SHARED, Comparison, bare, operations, recorded

pytestmark = pytest.mark.anyio

ORG = "/v1/organizations/1"
DOCUMENTS = sorted(SHARED.glob("codegen-openapi-*.json"))
# What differs on purpose. Each line is a difference that has to be there.
KNOWN = {
    # A run that was mirrored keeps whatever word the hosted service has for its source.
    "source_type: says more than",
}


def lacking(theirs: Mapping[str, Any], app: FastAPI) -> tuple[list[str], dict[str, int]]:
    comparison = Comparison(dict(theirs), app.openapi())
    differences = comparison.lacks()
    for difference in KNOWN:
        assert any(difference in line for line in differences), difference
    unknown = [line for line in differences if not any(known in line for known in KNOWN)]
    return unknown, comparison.checked


async def test_nothing_of_the_recorded_contract_is_lacking(app: FastAPI) -> None:
    differences, checked = lacking(recorded(), app)
    print("recorded contract:", ", ".join(f"{n} {what}" for what, n in checked.items()))  # noqa: T201 - wanted with -s
    assert "\n".join(differences) == ""
    assert checked["operations"] == 30


async def test_the_comparison_finds_what_is_lacking(app: FastAPI) -> None:
    theirs = recorded()
    path = "/v1/organizations/{org_id}/agent/runs"
    theirs["paths"]["/v1/else"] = theirs["paths"][path]
    skip = next(p for p in theirs["paths"][path]["get"]["parameters"] if p["name"] == "skip")
    skip["schema"]["minimum"] = 5
    run = theirs["components"]["schemas"]["AgentRunResponse"]
    run["properties"]["elsewhere"] = {"type": "string"}
    run["properties"]["status"] = {"type": "integer"}
    created = theirs["components"]["schemas"]["CreateAgentRunInput"]
    created["properties"]["agent_type"]["anyOf"][0]["enum"].append("other")
    differences, _ = lacking(theirs, app)
    for words in (
        "GET /v1/else: not served",
        "minimum is 0, not 5",
        "no field elsewhere",
        "status: out, string is none of ['integer']",
        "in, ['other'] is none of",
    ):
        assert any(words in line for line in differences), words


@pytest.mark.skipif(not DOCUMENTS, reason="the published documents are not beside the repository")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
async def test_nothing_of_a_published_document_is_lacking(app: FastAPI, path: Path) -> None:
    differences, checked = lacking(orjson.loads(path.read_bytes()), app)
    print(f"{path.stem}:", ", ".join(f"{n} {what}" for what, n in checked.items()))  # noqa: T201 - wanted with -s
    assert "\n".join(differences) == ""
    assert checked["operations"] in {25, 30}


@pytest.mark.skipif(not DOCUMENTS, reason="the published documents are not beside the repository")
async def test_the_recorded_contract_is_the_newest_document_and_holds_the_older_one() -> None:
    oldest, newest = (orjson.loads(path.read_bytes()) for path in DOCUMENTS)
    assert bare(newest) == recorded()
    older = {where for where, _ in operations(oldest)}
    assert older < {where for where, _ in operations(newest)}


async def test_real_answers_have_the_official_shapes(  # noqa: PLR0915 - each operation once
    http: httpx.AsyncClient, finished: Finish, tmp_path: Path
) -> None:
    contract = recorded()
    shapes = {where: operation["responses"] for where, operation in operations(contract)}
    operations_sent: set[str] = set()

    async def ask(where: str, status: int = 200, *, body: Any = None, **ids: Any) -> Any:
        method, path = where.split(" ")
        named = {name: value for name, value in ids.items() if f"{{{name}}}" in path}
        params = {name: value for name, value in ids.items() if name not in named}
        url = path.format(org_id=1, **named)
        answer = await http.request(method, url, params=params, json=body)
        assert answer.status_code == status, (where, answer.text)
        content = shapes[where][str(status)].get("content")
        if content:
            schema = content["application/json"]["schema"] | {"components": contract["components"]}
            jsonschema_rs.validate(schema, answer.json())
        operations_sent.add(where)
        return answer.json()

    org = "/v1/organizations/{org_id}"
    run_path, alpha = f"{org}/agent/run", "/v1/alpha/organizations/{org_id}/agent/run"
    folder = tmp_path / "apples"
    (folder / ".git" / "objects").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    repo_id = (await http.post("/repos", json={"url": str(folder)})).json()["id"]
    await ask("GET /v1/users/me")
    await ask("GET /v1/organizations")
    await ask(f"GET {org}/users")
    await ask(f"GET {org}/users/{{user_id}}", user_id=1)
    await ask(f"GET {org}/users/{{user_id}}", 404, user_id=5)
    body: dict[str, Any] = {
        "prompt": "/think hm\n/run echo hi\n/say done",
        "metadata": {"a": [1]},
        "webhooks": [],
    }
    run_id = (await ask(f"POST {run_path}", body=body))["id"]
    await finished(run_id)
    assert (await ask(f"GET {run_path}/{{agent_run_id}}", agent_run_id=run_id))["result"] == "done"
    await ask(f"GET {run_path}/{{agent_run_id}}", 404, agent_run_id=99)
    await ask(f"GET {org}/agent/runs", source_type="API", user_id=1)
    logs = await ask(f"GET {alpha}/{{agent_run_id}}/logs", agent_run_id=run_id, reverse=True)
    assert {log["message_type"] for log in logs["logs"]} >= {"USER_MESSAGE", "ACTION"}
    again = {"agent_run_id": run_id, "prompt": "/say more"}
    await ask(f"POST {run_path}/resume", body=again)
    await finished(run_id)
    await ask(f"POST {run_path}/resume", 404, body={**again, "agent_run_id": 99})
    for word in ("ban", "unban", "remove-from-pr"):
        await ask(f"POST {run_path}/{word}", body={"agent_run_id": run_id})
    await ask(f"GET {org}/repos")
    await ask(f"GET {org}/repos/check-suite-settings", repo_id=repo_id)
    changed = {"check_retry_count": 2}
    await ask(f"PUT {org}/repos/check-suite-settings", repo_id=repo_id, body=changed)
    closed = {"state": "closed"}
    await ask(f"PATCH {org}/prs/{{pr_id}}", pr_id=1, body=closed)
    await ask(f"PATCH {org}/repos/{{repo_id}}/prs/{{pr_id}}", repo_id=repo_id, pr_id=1, body=closed)
    await ask(f"GET {org}/integrations")
    await ask(f"GET {org}/models")
    made = await ask(f"POST {org}/setup-commands/generate", body={"repo_id": repo_id})
    await ask(f"POST {org}/sandbox/{{sandbox_id}}/analyze-logs", sandbox_id=made["agent_run_id"])
    await ask(f"GET {org}/cli/rules")
    await ask("GET /v1/mcp-providers")
    await ask("GET /v1/oauth/tokens/status", org_id=1)
    await ask("POST /v1/oauth/tokens/revoke", org_id=1, provider="linear")
    await ask("POST /v1/slack-connect/generate-token", body={"org_id": 1})
    hook = f"{org}/webhooks/agent-run"
    await ask(f"GET {hook}")
    await ask(f"POST {hook}", body={"url": "https://1.1.1.1/hook", "enabled": False})
    await ask(f"POST {hook}", 422, body={"url": "http://127.0.0.1/"})
    await ask(f"DELETE {hook}")
    await ask(f"POST {hook}/test", 422, body={"url": "http://127.0.0.1/"})
    assert operations_sent == shapes.keys()
