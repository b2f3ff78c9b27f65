"""`python -m agent_runs` is the command `agent-runs`."""

from agent_runs.cli import main

if __name__ == "__main__":
    main()
