"""Where `codegen login` leads to: which token to paste into the official command line."""

import reflex as rx

from agent_runs.dashboard.frame.layout import frame, head
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.dashboard.serving.access import credentials


class CliToken(rx.State):
    """Whether the API asks for a token at all; never the token itself."""

    is_asked_for: rx.Field[bool] = rx.field(False)

    @rx.event
    def look(self) -> None:
        """Find out. From `on_load`."""
        self.is_asked_for = credentials().token is not None


@rx.page(
    route="/cli-token",
    title="Token for the command line · Agent runs",
    on_load=[Shell.follow, CliToken.look],
)
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.section(
            rx.el.h2("Log the official command line in"),
            rx.cond(CliToken.is_asked_for, _asked_for(), _free()),
            rx.el.p(
                "Then ",
                rx.el.code("codegen agents"),
                " lists the runs of this server. It needs ",
                rx.el.code("CODEGEN_API_BASE_URL"),
                " to point here, or it sends the token to the hosted service.",
            ),
            class_name="card stack pad",
            style={"maxWidth": "640px", "paddingTop": "16px"},
        ),
        title="Token for the command line",
        current="",
        heading=head("Token for the command line"),
    )


def _asked_for() -> rx.Component:
    return rx.el.p(
        "This server asks for a token. Paste the value of ",
        rx.el.code("AGENT_RUNS_API_TOKEN"),
        " where ",
        rx.el.code("codegen login"),
        " asks for one. When you set none, it was made at the first start: it stands in the file ",
        rx.el.code("api-token"),
        " of the server's folder. It is never shown here.",
    )


def _free() -> rx.Component:
    return rx.el.p(
        "This server is open to programs of this machine alone and asks for no token. Type any "
        "word, such as ",
        rx.el.code("local"),
        ", where ",
        rx.el.code("codegen login"),
        " asks for one.",
    )
