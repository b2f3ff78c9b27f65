"""axe-core, the judge of accessibility."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.npm import node_modules

_RUN = """async (within) => (await axe.run(within, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
})).violations.filter(found => ["serious", "critical"].includes(found.impact)).map(found =>
  `${found.impact} ${found.id}: ${found.help}\\n` + found.nodes.map(node =>
    `    ${node.target} ${node.html.slice(0, 160)} ${node.any.concat(node.all).map(
      check => check.message)[0] ?? ""}`).join("\\n"))
"""


def axe_script() -> Path:
    """Return the script, fetched from npm the first time."""
    return node_modules() / "axe-core" / "axe.min.js"


def serious(page: Page, script: Path, within: str = "html") -> list[str]:
    """Return what axe finds serious or critical on the part of the page, one text each."""
    page.add_script_tag(path=script)
    return page.evaluate(_RUN, within)
