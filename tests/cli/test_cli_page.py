"""docs/cli.md shows the help of every command, word for word.

    python tests/cli/test_cli_page.py

writes it anew.
"""

import re
from pathlib import Path

from typer.testing import CliRunner

from agent_runs.cli import app

PAGE = Path(__file__).parents[2] / "docs/cli.md"
HEADING = "\n## Reference\n"


def help_of(*names: str) -> str:
    """What a command says of itself, at the width of an ordinary terminal."""
    words = [*names, "--help"]
    done = CliRunner().invoke(app, words, prog_name="agent-runs", env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    return "\n".join(line.rstrip() for line in done.output.strip().splitlines())


def commands_in(text: str) -> list[str]:
    """The names below `Commands:`."""
    _, _, rest = text.partition("\nCommands:\n")
    return re.findall(r"^  ([a-z]\S*)", rest, re.MULTILINE)


def reference() -> str:
    """The part of the page that is made from the help."""
    blocks = [("agent-runs", help_of())]
    for name in commands_in(help_of()):
        blocks.append((f"agent-runs {name}", help_of(name)))
        inner = commands_in(help_of(name))
        blocks += [(f"agent-runs {name} {each}", help_of(name, each)) for each in inner]
    return "".join(f"\n### {name}\n\n```text\n{text}\n```\n" for name, text in blocks)


def test_the_page_shows_the_help_of_every_command() -> None:
    _, heading, written = PAGE.read_text(encoding="utf-8").partition(HEADING)
    assert heading
    assert written[written.index("\n### ") :] == reference()


def test_every_command_that_the_page_uses_exists() -> None:
    text = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
    shell = "\n".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL))
    for line in re.findall(r"^agent-runs (?:--\S+ \S+ )*(.*)", shell, re.MULTILINE):
        name, *_ = line.split()
        helped = help_of(name)
        for option in re.findall(r"--[a-z]+", line.partition("|")[0]):
            assert option in helped, line


if __name__ == "__main__":
    head, _, body = PAGE.read_text(encoding="utf-8").partition(HEADING)
    PAGE.write_text(f"{head}{HEADING}{body.partition(chr(10) + '### ')[0]}{reference()}", "utf-8")
