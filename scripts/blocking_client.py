"""Generates the blocking client from the async one: `make format` writes it, `make check` compares.

It replaces names token by token and drops `async` and `await`; ruff does the rest. What cannot be
expressed that way, such as waiting, has two forms in `client/wire.py`.
"""

import io
import re
import subprocess
import sys
import tokenize
from itertools import pairwise
from pathlib import Path

CLIENT = Path(__file__).parents[1] / "agent_runs/client"
PROBLEM = (
    "agent_runs/client/blocking/ does not match asynchronous/. Edit only asynchronous/, then run "
    "`make format`."
)
HEADER = "# Generated from asynchronous/{name} by `make format`. Edit that file.\n"
WORDS = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "aclose": "close",
    "aclosing": "closing",
    "aiter_bytes": "iter_bytes",
    "aiter_raw": "iter_raw",
    "aread": "read",
    "async": "blocking",
    "asynccontextmanager": "contextmanager",
    "asynchronous": "blocking",
    "in_thread": "directly",
}
_PREFIX = re.compile(r"Async(?=[A-Z])")
_RUFF = str(Path(sys.executable).parent / "ruff")
# For UP028, which counts as unsafe: async code needs loops where `yield from` will do here.
_TIDY = ["check", "--quiet", "--fix-only", "--unsafe-fixes"]


def blocking(source: str) -> str:
    """Return the blocking form of async code."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(position: tuple[int, int]) -> int:
        return starts[position[0] - 1] + position[1]

    text, done = "", 0
    for token, following in pairwise(tokenize.generate_tokens(io.StringIO(source).readline)):
        text += source[done : place(token.start)]
        done = place(token.end)
        if token.type == tokenize.NAME and token.string in {"async", "await"}:
            done = place(following.start)
        else:
            text += re.sub(r"\w+", _renamed, token.string)
    return text + source[done:]


def _renamed(word: re.Match[str]) -> str:
    return WORDS.get(word[0]) or _PREFIX.sub("", word[0])


def tidy(source: str, path: Path) -> str:
    """Return the source as `make format` writes it."""
    for work in (_TIDY, ["format", "--quiet"]):
        done = subprocess.run(  # noqa: S603 - fixed words
            [_RUFF, *work, "--stdin-filename", str(path), "-"],
            input=source, capture_output=True, text=True, check=True,
        )  # fmt: skip
        source = done.stdout
    return source


def main(client: Path = CLIENT, *, only_check: bool = False) -> str:
    """Write the blocking client, or only check it and return what is wrong."""
    raw = {
        client / "blocking" / path.name: HEADER.format(name=path.name) + blocking(path.read_text())
        for path in (client / "asynchronous").glob("*.py")
    }
    sources = {path: tidy(source, path) for path, source in raw.items()}
    present = {path: path.read_text() for path in (client / "blocking").glob("*.py")}
    if only_check:
        return "" if sources == present else PROBLEM
    for path in present.keys() - sources.keys():
        path.unlink()
    for path, source in sources.items():
        if source != present.get(path):
            path.write_text(source)
    return ""


if __name__ == "__main__":
    sys.exit(main(only_check="--check" in sys.argv[1:]) or None)
