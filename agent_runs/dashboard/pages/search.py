"""Search in all runs; the browser asks the API itself, so no hit ever enters Reflex state."""

import reflex as rx

from agent_runs.dashboard.browser.faces import SearchPage
from agent_runs.dashboard.downloads import OF_MANY_RUNS, label_of
from agent_runs.dashboard.frame.layout import frame
from agent_runs.dashboard.frame.shell import Shell


@rx.page(route="/search", title="Search · Agent runs", on_load=[Shell.follow])
def page() -> rx.Component:
    """Return the page."""
    formats = [[name, label_of(name)] for name in OF_MANY_RUNS]
    return frame(SearchPage.create(formats=formats), title="Search", current="Search")
