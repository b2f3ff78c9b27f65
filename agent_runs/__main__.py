"""`python -m agent_runs` is the command `agent-runs`."""

from agent_runs.prerequisites import explain_what_is_missing

if __name__ == "__main__":
    explain_what_is_missing()

    from agent_runs.cli import main

    main()
