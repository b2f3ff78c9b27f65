"""What the program does with runs: create, resume, stop, work on turns, recover."""

from agent_runs.runs.lifecycle import RunDefaults, Runs
from agent_runs.runs.ownership import owned
from agent_runs.runs.requests import InputLimits, NewRun
from agent_runs.runs.templates import Template, load_templates
from agent_runs.runs.turns import TurnWork

__all__ = [
    "InputLimits",
    "NewRun",
    "RunDefaults",
    "Runs",
    "Template",
    "TurnWork",
    "load_templates",
    "owned",
]
