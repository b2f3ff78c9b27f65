"""The agents file that points every agent at the offline model."""

from pathlib import Path

from tests.offline_model.server import KEY, MODEL

_TABLE = Path(__file__).with_name("agents.toml")


def agents_file(url: str, key: str = KEY) -> str:
    """Return the content of an agents file for the model at `url`."""
    text = _TABLE.read_text("utf-8")
    return text.replace("{url}", url).replace("{key}", key).replace("{name}", MODEL)
