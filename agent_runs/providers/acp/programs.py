"""Which files a command needs to start: its program, interpreters, and files in its arguments.

People install agents in many ways: npm, brew, uv, pipx, pyenv, nvm, fnm. Their programs are links
and scripts that lead from one folder to the next. Those of volta, mise and asdf ask for the HOME of
the person, so they are replaced by what they would start.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

_MOST_STEPS = 20
_HEAD_BYTES = 1024
_SECONDS = 5.0
_INTERPRETER = re.compile(r"#!\s*(\S+)[ \t]*(.*)")
_LONG_INTERPRETER = re.compile(r"""^'''exec'\s+"?([^"\n]+?)"?\s+"\$0\"""", re.MULTILINE)
_SHIMS = {
    "volta": re.compile(r"/\.volta/bin$"),
    "mise": re.compile(r"/mise/shims$"),
    "asdf": re.compile(r"/\.?asdf/shims$"),
}


def real_program(name: str) -> str:
    """Return where a program is; for one that a version manager stands in for, the real one.

    It may start a program of the version manager, for a few seconds at most.
    """
    found = shutil.which(name)
    if found is None:
        return name
    folder = os.path.dirname(os.path.abspath(found))
    for tool, pattern in _SHIMS.items():
        if pattern.search(folder) and (program := shutil.which(tool)):
            return _told_by([program, "which", os.path.basename(found)]) or found
    return found


def path_for(program: str, path: str) -> str:
    """Return PATH with the real folders first, if version managers stand in for programs."""
    first: list[str] = []
    for name in (program, "node"):
        stand_in, real = shutil.which(name), real_program(name)
        if stand_in is not None and real != stand_in:
            first.append(os.path.dirname(real))
    return os.pathsep.join((*first, path))


def needed_by(command: Sequence[str]) -> set[Path]:
    """Return the programs and files that a command needs, each as it is named and as it really is.

    Args:
        command: program and arguments; the program as an absolute path.
    """
    needed: set[Path] = set()
    waiting = [word for word in command[:1] if os.path.isabs(word)]
    for _ in range(_MOST_STEPS):
        if not waiting:
            break
        for path in _links(waiting.pop()):
            if path not in needed:
                needed.add(path)
                waiting += _interpreters(path)
    return needed | {Path(word) for word in command[1:] if _is_file(word)}


def _links(name: str) -> Iterator[Path]:
    """Return the path and all that its links lead to."""
    path = Path(name)
    for _ in range(_MOST_STEPS):
        yield path
        if not path.is_symlink():
            break
        path = Path(os.path.normpath(path.parent / os.readlink(path)))
    yield Path(os.path.realpath(name))


def _interpreters(path: Path) -> list[str]:
    """Return what starts the script, and the Python that a virtual environment is made from."""
    found: list[str] = []
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
        if match := _INTERPRETER.match(head):
            found.append(match[1])
            if os.path.basename(match[1]) == "env":
                words = [word for word in match[2].split() if word[0] != "-" and "=" not in word]
                found += [shutil.which(word) or word for word in words[:1]]
        found += _LONG_INTERPRETER.findall(head)
        for line in (path.parent.parent / "pyvenv.cfg").read_text("utf-8").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "home":
                found.append(f"{value.strip()}/{path.name}")
    except (OSError, UnicodeDecodeError):
        pass
    return [name for name in found if os.path.isabs(name) and os.path.exists(name)]


def _is_file(word: str) -> bool:
    return os.path.isabs(word) and "\0" not in word and os.path.isfile(word)


def _told_by(command: list[str]) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603  (a program on PATH, with the name of another)
            command, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    told = done.stdout.strip()
    return told if os.path.isabs(told) and os.path.exists(told) else None
