"""The page that `codegen login` opens: which token to paste into the official command line."""

import reflex as rx

from agent_runs.dashboard.frame.layout import frame, head
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.dashboard.serving.access import credentials


class CliToken(rx.State):
    """Whether the API requires a token; never the token itself."""

    needs_token: rx.Field[bool] = rx.field(False)

    @rx.event
    def look(self) -> None:
        """Find out. From `on_load`."""
        self.needs_token = credentials().token is not None


@rx.page(
    route="/cli-token",
    title="Token for the command line · Agent runs",
    on_load=[Shell.follow, CliToken.look],
)
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.section(
            rx.el.h2("Log in with the official command line"),
            rx.cond(CliToken.needs_token, _with_token(), _without_token()),
            rx.el.p(
                "Then ",
                rx.el.code("codegen agents"),
                " lists the runs of this server. Set ",
                rx.el.code("CODEGEN_API_BASE_URL"),
                " to this server first; otherwise it sends the token to the hosted service.",
            ),
            class_name="card stack pad",
            style={"maxWidth": "640px", "paddingTop": "16px"},
        ),
        title="Token for the command line",
        current="",
        heading=head("Token for the command line"),
    )


def _with_token() -> rx.Component:
    return rx.el.p(
        "This server requires a token. When ",
        rx.el.code("codegen login"),
        " asks for one, paste the value of ",
        rx.el.code("AGENT_RUNS_API_TOKEN"),
        ". If you have not set one, it is in the file ",
        rx.el.code("api-token"),
        " in the server's folder, created at the first start. It is never shown here.",
    )


def _without_token() -> rx.Component:
    return rx.el.p(
        "This server accepts only programs on this machine and requires no token. When ",
        rx.el.code("codegen login"),
        " asks for one, type any word, such as ",
        rx.el.code("local"),
        ".",
    )
