"""Python faces of the local React components, which are in the folders next to this module."""

from pathlib import Path
from typing import Any

import reflex as rx


def _linked_files() -> dict[str, str]:
    """Give Reflex every file of the browser code; return the path to import it by, by name."""
    here = Path(__file__).parent
    links = Path.cwd() / "assets" / "external" / Path(*__name__.split("."))
    files: dict[str, str] = {}
    for path in sorted([*here.rglob("*.js"), *here.rglob("*.jsx")]):
        name = path.relative_to(here).as_posix()
        # Reflex creates only the folder of this module, but the files import across folders.
        (links / name).parent.mkdir(parents=True, exist_ok=True)
        files[name] = rx.asset(name, shared=True).importable_path
    return files


_FILES = _linked_files()


class Ago(rx.Component):
    """How long ago `at` (ISO time) was; the absolute time on hover."""

    library = _FILES["text/Times.jsx"]
    tag = "Ago"
    at: rx.Var[str]


class Elapsed(rx.Component):
    """Time from `start` to `end`, ticking while there is no end."""

    library = _FILES["text/Times.jsx"]
    tag = "Elapsed"
    start: rx.Var[str]
    end: rx.Var[str]
    lead: rx.Var[str]


class TabTitle(rx.Component):
    """Title and icon of the browser tab with the counts."""

    library = _FILES["frame/TabTitle.jsx"]
    tag = "TabTitle"
    title: rx.Var[str]
    running: rx.Var[int]
    waiting: rx.Var[int]


class Shortcuts(rx.Component):
    """The keyboard shortcuts of every page."""

    library = _FILES["frame/Shortcuts.jsx"]
    tag = "Shortcuts"


class Palette(rx.Component):
    """The button and the dialog that go anywhere and act on the current run."""

    library = _FILES["palette/Palette.jsx"]
    tag = "Palette"
    lib_dependencies: list[str] = [  # noqa: RUF012  # a field for Reflex
        "@radix-ui/themes@^3.3.0"
    ]
    on_stop: rx.EventHandler[rx.event.passthrough_event_spec(int)]
    on_archive: rx.EventHandler[rx.event.passthrough_event_spec(int)]
    on_restore: rx.EventHandler[rx.event.passthrough_event_spec(int)]


class DensityChoice(rx.Component):
    """Buttons that choose how much space things take in this browser."""

    library = _FILES["frame/Density.jsx"]
    tag = "DensityChoice"


class Composer(rx.NoSSRComponent):
    """Text, images and a send button, which talk to the API directly."""

    library = _FILES["composer/Composer.jsx"]
    tag = "Composer"
    lib_dependencies: list[str] = ["lucide-react"]  # noqa: RUF012  # a field for Reflex
    path: rx.Var[str]
    extra: rx.Var[dict[str, Any]]
    label: rx.Var[str]
    placeholder: rx.Var[str]
    send_label: rx.Var[str]
    draft_key: rx.Var[str]
    disabled: rx.Var[bool]
    note: rx.Var[str]
    cancel_href: rx.Var[str]
    open_run: rx.Var[bool]
    on_sent: rx.EventHandler[rx.event.passthrough_event_spec(int)]


class Transcript(rx.NoSSRComponent):
    """The virtual list of a run's entries, which it reads itself; `total` announces new ones."""

    library = _FILES["log/Transcript.jsx"]
    tag = "Transcript"
    lib_dependencies: list[str] = [  # noqa: RUF012  # a field for Reflex
        "react-virtuoso@4.14.0",
        "react-markdown@10.1.0",
        "remark-gfm@4.0.1",
    ]
    run_id: rx.Var[int]
    total: rx.Var[int]
    counts: rx.Var[dict[str, Any]]
    active: rx.Var[bool]
    agent: rx.Var[str]
    user: rx.Var[str]
    step: rx.Var[int]
    from_turn: rx.Var[int]
    turns: rx.Var[list[Any]]
    error: rx.Var[str]
    draft: rx.Var[str]
    raw: rx.Var[bool]


class Timeline(rx.NoSSRComponent):
    """What took the time: bars per step; it reads entries and questions itself."""

    library = _FILES["timeline/Timeline.jsx"]
    tag = "Timeline"
    lib_dependencies: list[str] = ["react-virtuoso@4.14.0"]  # noqa: RUF012  # a field for Reflex
    run_id: rx.Var[int]
    total: rx.Var[int]
    turns: rx.Var[list[Any]]
    active: rx.Var[bool]
    version: rx.Var[int]


class Changes(rx.NoSSRComponent):
    """Files and diff of a run; it reads again when `version` changes."""

    library = _FILES["changes/Changes.jsx"]
    tag = "Changes"
    run_id: rx.Var[int]
    version: rx.Var[int]
    active: rx.Var[bool]


class Insight(rx.NoSSRComponent):
    """What happened in a run; reads again when `version` changes; `compact` for the side panel."""

    library = _FILES["insight/Insight.jsx"]
    tag = "Insight"
    run_id: rx.Var[int]
    version: rx.Var[int]
    active: rx.Var[bool]
    compact: rx.Var[bool]


class Compare(rx.NoSSRComponent):
    """Runs side by side; it reads again when `version` changes."""

    library = _FILES["compare/Compare.jsx"]
    tag = "Compare"
    ids: rx.Var[str]
    version: rx.Var[int]


class FollowUp(rx.NoSSRComponent):
    """The composer of a run, with the queued prompts; it talks to the API directly."""

    library = _FILES["composer/FollowUp.jsx"]
    tag = "FollowUp"
    lib_dependencies: list[str] = ["lucide-react"]  # noqa: RUF012  # a field for Reflex
    run_id: rx.Var[int]
    turn: rx.Var[int]
    active: rx.Var[bool]
    down: rx.Var[bool]
    focus: rx.Var[bool]
    queue_version: rx.Var[int]
    queueless: rx.Var[bool]
    on_sent: rx.EventHandler[rx.event.passthrough_event_spec(int)]


class SearchPage(rx.NoSSRComponent):
    """The search in all runs: field, hits, mistakes; it asks the API itself."""

    library = _FILES["search/SearchPage.jsx"]
    tag = "SearchPage"
    lib_dependencies: list[str] = [  # noqa: RUF012  # a field for Reflex
        "@radix-ui/themes@^3.3.0",
        "lucide-react",
    ]
    formats: rx.Var[list[list[str]]]


class ImportPage(rx.NoSSRComponent):
    """Chosen or dropped files, which the browser sends to the API, and their results."""

    library = _FILES["imports/ImportPage.jsx"]
    tag = "ImportPage"
    lib_dependencies: list[str] = ["lucide-react"]  # noqa: RUF012  # a field for Reflex


class Views(rx.NoSSRComponent):
    """The saved views of a page: open, save, rename, replace, remove."""

    library = _FILES["views/Views.jsx"]
    tag = "Views"
    lib_dependencies: list[str] = [  # noqa: RUF012  # a field for Reflex
        "@radix-ui/themes@^3.3.0",
        "lucide-react",
    ]
    kind: rx.Var[str]
