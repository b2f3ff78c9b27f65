"""Prompt templates (modes): Markdown files with `{query}` where the user's words go.

A file starts with a front matter of `title:` and `description:` lines between two `---` lines;
its name without `.md` is the mode. Files in the user's folder override the built-in ones.
"""

from pathlib import Path

from agent_runs.errors import InvalidRequest
from agent_runs.schemas.answers import TemplateInfo

BUILT_IN = Path(__file__).parent / "templates"
PLACEHOLDER = "{query}"


def load_templates(folder: Path | None) -> dict[str, TemplateInfo]:
    """Return the templates by name: the built-in ones, and the user's from `folder` if it exists.

    Raises:
        InvalidRequest: a user's file has no `{query}` or is not UTF-8; the message names the file.
    """
    folders = [BUILT_IN] if folder is None else [BUILT_IN, folder]
    files = (path for folder in folders for path in sorted(folder.glob("*.md")))
    return {path.stem: _read(path) for path in files}


def _read(path: Path) -> TemplateInfo:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidRequest(f"The template {path} cannot be read: {exc}.") from exc
    fields: dict[str, str] = {}
    if text.startswith("---\n"):
        head, _, text = text[4:].partition("\n---\n")
        for line in head.splitlines():
            key, _, value = line.partition(":")
            fields[key.strip()] = value.strip()
    if PLACEHOLDER not in text:
        raise InvalidRequest(f"The template {path} has no {PLACEHOLDER} for the user's words.")
    return TemplateInfo(
        name=path.stem,
        title=fields.get("title") or path.stem,
        description=fields.get("description", ""),
        text=text.strip() + "\n",
    )
