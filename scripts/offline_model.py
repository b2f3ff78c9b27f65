"""A model that needs no network: scripted answers on loopback, for every agent that we know.

    python scripts/offline_model.py              # a free port; prints what to export

It speaks the dialects of OpenAI (chat and Responses), Anthropic and Gemini. The words of a prompt
choose what it does (tests/offline_model/script.py): with `hello.txt` in the prompt it plans, writes
that file, looks at it in a shell and says so. It chooses tool calls by the tools that the agent
offers, so one turn shows all kinds of log entries. It uses only the standard library.
"""

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
runpy.run_module("tests.offline_model", run_name="__main__", alter_sys=True)
