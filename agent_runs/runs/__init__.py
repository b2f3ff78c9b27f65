"""What the program does with runs: create, resume, stop, work on turns, recover."""

from agent_runs.runs.lifecycle import Runs
from agent_runs.runs.ownership import owned
from agent_runs.runs.places.base import Mark
from agent_runs.runs.places.here import Here, RunDefaults
from agent_runs.runs.requests import InputLimits, NewRun
from agent_runs.runs.templates import load_templates
from agent_runs.runs.turns import TurnWork

__all__ = [
    "Here",
    "InputLimits",
    "Mark",
    "NewRun",
    "RunDefaults",
    "Runs",
    "TurnWork",
    "load_templates",
    "owned",
]
