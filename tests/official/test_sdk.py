"""The official SDK, unmodified, as a program of its own: create, follow, read, errors by status."""

import json
import textwrap
from pathlib import Path

from tests.live_server import ROOT, LiveServer, start_server
from tests.official.programs import Outside, Run

CREATE = """
    import json, os, time
    from codegen.agents.agent import Agent

    agent = Agent(token="any", org_id=1, base_url=os.environ["CODEGEN_API_BASE_URL"])
    task = agent.run(prompt="/say The SDK was here")
    begun = {"id": task.id, "org_id": task.org_id, "status": task.status, "web_url": task.web_url}
    while task.status in ("PENDING", "ACTIVE"):
        time.sleep(0.1)
        task.refresh()
    status = agent.get_status()
    seen = {"begun": begun, "status": task.status, "result": task.result, "told": status}
    print(json.dumps(seen))
"""

ERRORS = """
    import json, os, sys
    import codegen_api_client as api

    configuration = api.Configuration(host=os.environ["CODEGEN_API_BASE_URL"])
    configuration.retries = False  # else it waits as long as a 429 says, and asks again
    client = api.ApiClient(configuration)
    agents, users, organizations = (
        api.AgentsApi(client), api.UsersApi(client), api.OrganizationsApi(client)
    )
    create = agents.create_agent_run_v1_organizations_org_id_agent_run_post
    get = agents.get_agent_run_v1_organizations_org_id_agent_run_agent_run_id_get
    list_members = users.get_users_v1_organizations_org_id_users_get
    get_member = users.get_user_v1_organizations_org_id_users_user_id_get
    list_organizations = organizations.get_organizations_v1_organizations_get

    def words(prompt):
        return api.CreateAgentRunInput(prompt=prompt)

    seen = {}

    def note(name, call, **given):
        try:
            answer = call(**{"authorization": "Bearer right-token"} | given)
        except api.exceptions.ApiException as exc:
            seen[name] = [type(exc).__name__, exc.status]
        else:
            items = getattr(answer, "items", None)
            seen[name] = [each.id for each in items] if items is not None else answer.id

    note("wrong token", list_organizations, authorization="Bearer wrong-token")
    note("missing run", get, agent_run_id=999999, org_id=1)
    note("wrong organization", create, org_id=7, create_agent_run_input=words("x"))
    note("empty prompt", create, org_id=1, create_agent_run_input=words(" "))
    note("organizations", list_organizations)
    note("members", list_members, org_id="1")
    note("member", get_member, org_id="1", user_id="1")
    for _ in range(60):
        note("too often", list_organizations)
    print(json.dumps(seen))
"""


def test_a_run_is_created_and_followed_to_its_end(
    run: Run, outside: Outside, server: LiveServer
) -> None:
    done = run("python", "-c", textwrap.dedent(CREATE))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["status"], report["result"]) == ("COMPLETE", "The SDK was here")
    assert report["begun"]["status"] in {"PENDING", "ACTIVE", "COMPLETE"}
    assert report["begun"]["web_url"].endswith(f"/runs/{report['begun']['id']}")
    assert report["told"]["status"] == "COMPLETE"
    assert outside.seen == []


def test_the_lines_of_the_documentation_work(
    run: Run, server: LiveServer, outside: Outside
) -> None:
    page = (ROOT / "docs" / "official-tools.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    done = run("python", "-c", code.replace("http://localhost:8000", server.url))
    assert done.returncode == 0, done.stderr
    assert "/runs/" in done.stdout
    assert outside.seen == []


def test_errors_are_the_exceptions_that_programs_catch(
    run: Run, outside: Outside, tmp_path: Path
) -> None:
    strict = {"AGENT_RUNS_API_TOKEN": "right-token", "AGENT_RUNS_RATE_LIMITS": "on"}
    with start_server(tmp_path / "strict", **strict) as server:
        done = run("python", "-c", textwrap.dedent(ERRORS), CODEGEN_API_BASE_URL=server.url)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "wrong token": ["UnauthorizedException", 401],
        "missing run": ["NotFoundException", 404],
        "wrong organization": ["ForbiddenException", 403],
        "empty prompt": ["UnprocessableEntityException", 422],
        "organizations": [1],
        "members": [1],
        "member": 1,
        "too often": ["ApiException", 429],
    }
    assert outside.seen == []


def test_a_string_for_the_organization_becomes_organization_1(run: Run) -> None:
    code = CREATE.replace("org_id=1", 'org_id="1"')
    done = run("python", "-c", textwrap.dedent(code))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["begun"]["org_id"] in {1, "1"}
