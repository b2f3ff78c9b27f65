"""Records what each agent says on the wire, scrubbed, for the ordinary tests to replay.

    PYTHONPATH=tests python -m tests.agents.record claude       # from PATH or the cache; or `all`

It writes `recordings/acp/NAME-offline.jsonl` with the phases `allow`, `remember` and `reject`, and
beside it what the translator makes of it. Look at the difference before you commit it: paths, ids,
keys and times of this machine are replaced, but an agent may say new things.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from agent_runs.models import JSON
from tests.agents.driven import WRITE, driven, profile
from tests.agents.install import programs
from tests.agents.known import ALL
from tests.offline_model.server import KEY, OfflineModel, offline_model
from tests.providers.acp.test_translate import RECORDINGS, replay

_WIRETAP = Path(__file__).with_name("wiretap.py")
_TURNS = (
    ("allow", f"The codeword is BANANA. {WRITE}", "allow"),
    ("remember", "What is the codeword?", "allow"),
    ("reject", WRITE, "reject"),
)
_NAMES = {"username": "person", "hostname": "machine"}
_LONGEST, _KEPT, _COMMANDS = 600, 100, 2
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
_ID = re.compile(r"\b(?:ses|msg|prt|toolu|evt)_[A-Za-z0-9]{8,}\b")
_TIME = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?\b")
_EPOCH = re.compile(r"\b1[789]\d{11}\b")


class Scrubber:
    """Replaces what is of one machine and one day; the same thing by the same word."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self._ids: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        text = text.replace(str(self._folder / "home/runs/1"), "/runs")
        text = text.replace(str(self._folder), "/runs/other").replace(self._url, "http://model")
        text = text.replace(KEY, "KEY")
        for name in ("PATH", "HOME"):
            for part in os.environ[name].split(os.pathsep):
                for place in (part, part.removesuffix("/.bin")):
                    text = text.replace(place, f"/{name.lower()}") if len(place) > 1 else text
        for pattern in (_UUID, _ID):
            text = pattern.sub(lambda found: self._id(found[0]), text)
        text = _TIME.sub("2026-11-30T00:00:00Z", text)
        return _EPOCH.sub("1790000000000", text)

    def _id(self, found: str) -> str:
        return self._ids.setdefault(found, f"id-{len(self._ids) + 1}")


def short(value: JSON, key: str = "") -> JSON:
    """Return a message without long texts, which are the agent makers', and names of a machine."""
    if key in _NAMES:
        return _NAMES[key]
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_KEPT]} …"
    if isinstance(value, list):
        items = cast("list[JSON]", value)
        most = _COMMANDS if key == "availableCommands" else len(items)
        return [short(each) for each in items[:most]]
    if isinstance(value, dict):
        fields = cast("dict[str, JSON]", value)
        return {name: short(each, name) for name, each in fields.items()}
    return value


async def record(name: str, model: OfflineModel, folder: Path) -> None:
    """Drive an agent through the phases, and write the recording."""
    agent = profile(name, model.url, folder)
    if reason := agent.unavailable_reason():
        raise SystemExit(reason)
    heard = folder / "heard.jsonl"
    tapped = (sys.executable, "-IS", str(_WIRETAP), str(heard), *agent.command)
    wired = agent.model_copy(update={"command": tapped, "detect": agent.command[:1]})
    async with driven(folder / "home", wired, model) as run:
        for phase, prompt, policy in _TURNS:
            outcome = await run.turn(prompt, permission_policy=policy)
            sys.stderr.write(f"{name} {phase}: {outcome.status} {outcome.error or ''}\n")
    path = RECORDINGS / f"{name}-offline.jsonl"
    path.write_text(Scrubber(folder, model.url)("".join(_rows(heard))), "utf-8")
    entries = json.dumps(replay(path.stem), indent=1, ensure_ascii=False)
    path.with_suffix(".entries.json").write_text(entries + "\n", "utf-8")


def _rows(heard: Path) -> Iterator[str]:
    """Yield the lines, each with its phase: a process for each begins with `initialize`."""
    phases = iter([phase for phase, *_ in _TURNS])
    phase = ""
    for number, line in enumerate(heard.read_text("utf-8").splitlines()):
        row = json.loads(line)
        if row["dir"] == "out" and row["msg"].get("method") == "initialize":
            phase = next(phases)
        row["msg"] = short(row["msg"])
        # Moments of this machine say nothing: each message comes a hundredth later than the last.
        yield json.dumps({"phase": phase, **row, "t": number / 100}) + "\n"


def main() -> None:
    """Record the agents that the arguments name."""
    wanted = ALL if sys.argv[1:] == ["all"] else sys.argv[1:]
    os.environ["PATH"] = os.pathsep.join([*map(str, programs()), os.environ["PATH"]])
    for name in wanted:
        # A short path, in which sockets can be.
        with offline_model() as model, tempfile.TemporaryDirectory(prefix="wire-") as folder:
            os.environ["HOME"] = folder
            asyncio.run(record(name, model, Path(folder)))


if __name__ == "__main__":
    main()
