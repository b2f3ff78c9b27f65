"""Says in one sentence what is not installed, where Python would show a traceback."""

import re
import sys
from pathlib import Path
from types import TracebackType

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
# Requirements with a marker are for some machines only.
_FOR_ALL_MACHINES = re.compile(r"^([\w.-]+)(?:\[.*\])?==[^;\s]+ *\\?$", re.MULTILINE)


def explain_what_is_missing() -> None:
    """From now on, end with one sentence when a package that we need is not installed."""
    sys.excepthook = _explain


def _explain(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if isinstance(error, ModuleNotFoundError) and not _is_ours(error) and _is_incomplete():
        sys.stderr.write(
            f"Python's module {error.name!r} is missing: run `python -m pip install -r "
            f"requirements.txt` in {REQUIREMENTS.parent}, with the Python that starts agent_runs.\n"
        )
    else:
        sys.__excepthook__(kind, error, traceback)


def _is_ours(error: ModuleNotFoundError) -> bool:
    return (error.name or "").partition(".")[0] == "agent_runs"


def _is_incomplete() -> bool:
    """Tell whether a package is missing; if none is, the mistake is in our own code."""
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415  (slow)

    if not REQUIREMENTS.is_file():  # installed as a package: pip saw to it
        return False
    for name in _FOR_ALL_MACHINES.findall(REQUIREMENTS.read_text(encoding="utf-8")):
        try:
            distribution(name)
        except PackageNotFoundError:
            return True
    return False
