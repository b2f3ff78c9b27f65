"""Prompt templates (modes): Markdown files with `{query}` where the user's words go.

A file starts with a front matter of `title:` and `description:` lines between two `---` lines;
its name without `.md` is the mode. Files in the user's folder override the built-in ones.
"""

from dataclasses import dataclass
from pathlib import Path

from agent_runs.errors import InvalidRequest

BUILT_IN = Path(__file__).parent / "templates"
PLACEHOLDER = "{query}"


@dataclass(frozen=True)
class Template:
    """One mode.

    Attributes:
        name: as used in `/create_agent_run/{mode}/{query}`.
        text: the prompt with `{query}` in it.
    """

    name: str
    title: str
    description: str
    text: str
    built_in: bool

    def fill(self, query: str) -> str:
        """Return the prompt for these words."""
        return self.text.replace(PLACEHOLDER, query)


def load_templates(folder: Path | None) -> dict[str, Template]:
    """Return the templates by name: the built-in ones, and the user's from `folder` if it exists.

    Raises:
        InvalidRequest: a user's file has no `{query}` or is not UTF-8; the message names the file.
    """
    templates = {path.stem: _read(path, built_in=True) for path in sorted(BUILT_IN.glob("*.md"))}
    if folder is not None and folder.is_dir():
        files = sorted(folder.glob("*.md"))
        templates |= {path.stem: _read(path, built_in=False) for path in files}
    return templates


def _read(path: Path, *, built_in: bool) -> Template:
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
    return Template(
        name=path.stem,
        title=fields.get("title") or path.stem,
        description=fields.get("description", ""),
        text=text.strip() + "\n",
        built_in=built_in,
    )
