"""Serve the offline model until interrupted; see scripts/offline_model.py."""

import argparse
import shlex
import sys
import tempfile
from pathlib import Path

from tests.offline_model.agents import agents_file
from tests.offline_model.server import OfflineModel


def main() -> None:
    """Print what to export, and serve."""
    parser = argparse.ArgumentParser(description="A scripted model on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    model = OfflineModel(parser.parse_args().port)
    with tempfile.TemporaryDirectory(prefix="offline-model-") as folder:
        path = Path(folder) / "agents.toml"
        path.write_text(agents_file(model.url), "utf-8")
        sys.stdout.write(f"export AGENT_RUNS_AGENTS_FILE={shlex.quote(str(path))}\n")
        sys.stdout.flush()
        try:
            model.serve_forever()
        except KeyboardInterrupt:
            model.server_close()


if __name__ == "__main__":
    main()
