"""axe-core, the judge of accessibility."""

import re
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect

from tests.browser.npm import node_modules

_ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OF_COLOURS = ["color-contrast", "link-in-text-block"]
_THEMES: tuple[tuple[Literal["light", "dark"], list[str]], ...] = (
    ("light", _ALL),
    ("dark", _OF_COLOURS),
)
_RUN = """async ([within, rules]) => (await axe.run(within, {
  runOnly: rules,
  resultTypes: ["violations"],
})).violations.filter(found => ["serious", "critical"].includes(found.impact)).map(found =>
  `${found.impact} ${found.id}: ${found.help}\\n` + found.nodes.map(node =>
    `    ${node.target} ${node.html.slice(0, 160)} ${node.any.concat(node.all).map(
      check => check.message)[0] ?? ""}`).join("\\n"))
"""


def axe_script() -> Path:
    """Return the script, fetched from npm the first time."""
    return node_modules() / "axe-core" / "axe.min.js"


def serious(page: Page, script: Path, within: str = "html", rules: list[str] = _ALL) -> list[str]:
    """Return what axe finds serious or critical on the part of the page, one text each."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=script)
    return page.evaluate(_RUN, [within, rules])


def serious_in_both_themes(page: Page, script: Path) -> list[str]:
    """Return what axe finds serious or critical on the page in the light theme and the dark one.

    The themes differ in colours alone.
    """
    problems: list[str] = []
    for theme, rules in _THEMES:
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_class(re.compile(rf"\b{theme}\b"))
        problems += [f"{theme}: {problem}" for problem in serious(page, script, rules=rules)]
    return problems
