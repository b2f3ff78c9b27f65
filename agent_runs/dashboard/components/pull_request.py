"""A link to a pull request that a run opened."""

from typing import Any

import reflex as rx

from agent_runs.dashboard.components.icon import icon


def pull_request(link: Any, look: str) -> rx.Component:
    """Return the link to a `PullRequestLink`, which opens in a tab of its own."""
    return rx.el.a(
        icon("git-pull-request", 14),
        link.label,
        href=link.url,
        title=link.title,
        target="_blank",
        rel="noopener noreferrer",
        class_name=look,
    )
