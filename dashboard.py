"""`python dashboard.py`: the dashboard on http://localhost:3000."""

if __name__ == "__main__":
    from agent_runs.prerequisites import explain_what_is_missing

    explain_what_is_missing()

    from agent_runs.dashboard.serving.launch import launch

    launch()
