"""Writes the API's OpenAPI document to a file.

python scripts/openapi.py tools/browser/openapi.json
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from agent_runs.api.app import create_app  # noqa: E402
from agent_runs.settings import Settings  # noqa: E402


def main() -> None:
    """Write the document to the file named on the command line."""
    document = create_app(Settings()).openapi()
    Path(sys.argv[1]).write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
