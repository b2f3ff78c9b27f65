"""`python dashboard.py`: the dashboard on http://localhost:3000."""

import os
from pathlib import Path

from agent_runs.dashboard.serving.launch import launch

if __name__ == "__main__":
    root = Path(__file__).resolve().parent
    os.chdir(root)  # Reflex reads rxconfig.py from the working directory and nowhere else
    launch(root)
