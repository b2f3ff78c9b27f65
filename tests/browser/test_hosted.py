"""A hosted account in the browser: its runs, its history, a new run there, and its absence."""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import axe_script, serious
from tests.browser.parts import Api, watched
from tests.hosted_api import ORG, TOKEN, HostedApi, serve_app
from tests.hosted_api_life import RealClock, working_life

NOTHING = dict.fromkeys(("codegen_api_token", "codegen_org_id", "codegen_base_url"))


class Hosted:
    """A twin that can be taken away and brought back."""

    def __init__(self) -> None:
        life = partial(working_life, actions=2, every_seconds=0.1)
        self.twin = HostedApi(clock=RealClock(), life=life)
        self.port = 0

    def __enter__(self) -> "Hosted":
        self._serving = serve_app(self.twin.app(), self.port)
        self.twin.url = self._serving.__enter__()
        self.port = int(self.twin.url.rpartition(":")[2])
        return self

    def __exit__(self, *_: object) -> None:
        self._serving.__exit__(None, None, None)


def followed(api: Api) -> dict[str, Any]:
    """The organization as the API tells it."""
    (organization,) = api.http.get("/hosted").json()["items"]
    return organization


@pytest.fixture
def hosted(api: Api) -> Generator[Hosted]:
    hosted = Hosted()
    for number in range(3):
        run = hosted.twin.add_run("COMPLETE", summary=f"Old task {number}", result="It is done")
        hosted.twin.add_log(run, tool_name="bash", observation=f"what task {number} did")
    with hosted:
        account = {
            "codegen_api_token": TOKEN,
            "codegen_org_id": str(ORG),
            "codegen_base_url": hosted.twin.url,
        }
        assert api.http.put("/settings", json=account).status_code == 200
        while not (items := api.http.get("/hosted").json()["items"]) or (
            items[0]["history"]["runs"] < len(hosted.twin.runs)
        ):
            pass
        yield hosted
    organization = followed(api)
    assert api.http.put("/settings", json=NOTHING).status_code == 200
    # The other tests count runs, and share this server.
    its = {"organization_id": organization["organization_id"]}
    for run in api.http.get("/agent_runs", params=its).json()["items"]:
        api.http.post(f"/agent_runs/{run['id']}/stop")
        api.http.post(f"/agent_runs/{run['id']}/archive")


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Generator[Page]:
    """A page that lets axe in."""
    with watched(open_context(bypass_csp=True).new_page()) as page:
        yield page


def check(page: Page) -> None:
    assert serious(page, axe_script()) == []


def test_runs_of_the_account_stand_in_the_list_and_can_be_read(
    page: Page, api: Api, hosted: Hosted
) -> None:
    page.goto("/")
    expect(page.get_by_text("Old task 1").first).to_be_visible()
    page.get_by_text("Old task 1").first.click()
    expect(page.get_by_role("article", name="Step 0, bash")).to_be_visible()
    expect(page.get_by_text(f"Twin ({ORG}), run 102")).to_be_visible()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    check(page)


def test_a_run_is_started_there_and_watched(page: Page, api: Api, hosted: Hosted) -> None:
    page.goto("/new")
    expect(page.get_by_role("button", name=f"Twin ({ORG})")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_text("When the agent asks for permission")).to_have_count(0)
    check(page)
    page.get_by_label("What should the agent do?").fill("Mend the shop there")
    page.get_by_role("button", name="Start run").click()
    expect(page.get_by_text("Done: Mend the shop there").first).to_be_visible()
    assert [body["prompt"] for body in hosted.twin.bodies] == ["Mend the shop there"]


def test_this_machine_can_be_chosen_all_the_same(page: Page, api: Api, hosted: Hosted) -> None:
    page.goto("/new")
    page.get_by_role("button", name="This machine").click()
    expect(page.get_by_text("When the agent asks for permission").first).to_be_visible()
    page.get_by_label("What should the agent do?").fill("/say I work here")
    page.get_by_role("button", name="Start run").click()
    expect(page.get_by_text("I work here").last).to_be_visible()
    assert hosted.twin.bodies == []


def test_an_account_that_is_away_is_told_and_what_is_stored_can_be_read(
    page: Page, api: Api, hosted: Hosted
) -> None:
    page.goto("/")
    expect(page.get_by_text("Old task 2").first).to_be_visible()
    page.goto("/settings")
    facts = page.locator("[data-hosted=facts]")
    expect(facts).to_contain_text("3 runs, all here")
    hosted.__exit__()
    trouble = page.locator("[data-hosted=trouble]")
    expect(trouble).to_contain_text("Offline")
    expect(trouble).to_contain_text("You can still read everything stored here")
    check(page)
    expect(facts).to_contain_text("Offline")
    expect(facts).to_contain_text("3 runs, all here")
    hosted.__enter__()
    expect(trouble).to_have_count(0)
    expect(facts).to_contain_text("Up to date")
    check(page)
