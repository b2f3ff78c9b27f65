"""Search in all runs; the component asks the API by itself, so no hit ever enters Reflex state."""

from dataclasses import asdict

import reflex as rx

from agent_runs.dashboard.browser.faces import SearchPage
from agent_runs.dashboard.downloads import OF_MANY_RUNS, label_of
from agent_runs.dashboard.frame.layout import frame
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.dashboard.theme import LOOKS


@rx.page(route="/search", title="Search · Agent runs", on_load=[Shell.follow])
def page() -> rx.Component:
    """Return the page."""
    looks = {str(status): asdict(look) for status, look in LOOKS.items()}
    formats = [[name, label_of(name)] for name in OF_MANY_RUNS]
    return frame(SearchPage.create(looks=looks, formats=formats), title="Search", current="Search")
