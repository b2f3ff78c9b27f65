"""The derived fields of a run: its name, its place, its status in words ...

They are computed when a run is written, so that reading a list decodes nothing.
"""

from collections.abc import Callable, Mapping

from agent_runs.models import FAILED_STATUSES, JSON, TERMINAL_STATUSES
from agent_runs.reading.place import abilities_at, place_of
from agent_runs.reading.shapes import object_or_empty, text_or_empty
from agent_runs.reading.source import started_by
from agent_runs.reading.status import tone_of, word_of
from agent_runs.reading.text import first_line, one_line
from agent_runs.reading.usage import spent_of

_NAME_LENGTH = 160
_LONGEST_LINE = 10_000


def reading_of(run: Mapping[str, JSON], redact: Callable[[str], str] = str) -> dict[str, JSON]:
    """Return the fields of `AgentRun` that are derived from its other fields.

    Args:
        run: fields of an `AgentRun`.
        redact: removes secrets from the name before it is cut: half a secret is not recognised.
    """
    status, place = str(run["status"]), place_of(run)
    heading = redact(_heading_of(run)) or f"Run {run['id']}"
    return {
        "name": one_line(heading, _NAME_LENGTH),
        "status_word": word_of(status),
        "status_tone": tone_of(status),
        "has_ended": status in TERMINAL_STATUSES,
        "has_failed": status in FAILED_STATUSES,
        "started_by": started_by(run),
        "spent": spent_of(run.get("usage")).model_dump(exclude_none=True),
        "place": place,
        "can": abilities_at(place),
    }


def _heading_of(run: Mapping[str, JSON]) -> str:
    """The title, or the first line that the person or the agent wrote.

    The prompt of a run from a template begins with the template's words; the person's own words are
    in the metadata. A hosted run that was created elsewhere comes without its prompt.
    """
    query = object_or_empty(run.get("metadata")).get("original_query")
    for words in (run.get("title"), query, run.get("prompt"), run.get("summary")):
        if line := first_line(text_or_empty(words), _LONGEST_LINE):
            return line
    return ""
