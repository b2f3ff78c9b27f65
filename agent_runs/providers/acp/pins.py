"""How each agent is made to ask before it acts, whatever mode it would start in.

Agents start in automatic modes, and files of a repository or of a person can switch their questions
off. So a profile pins them: by variables and files, which are in force before the first request,
and by session modes and options, which are set after each start. Tried with the real programs, see
docs/agents.md; `goose` follows its documentation.
"""

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from agent_runs.models import JSON
from agent_runs.reading.shapes import object_or_empty

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def _inside_folder(path: str) -> str:
    if not path or path.startswith("/") or "\0" in path or ".." in path.split("/"):
        raise ValueError("a path inside the folder, without a leading / and without ..")
    return path


InnerPath = Annotated[str, AfterValidator(_inside_folder)]


_MODES = "https://agentclientprotocol.com/protocol/session-modes#"


class Pin(BaseModel):
    """What makes an agent ask (or, for an agent with a sandbox of its own, not ask) each time.

    In `env` and `files` the words of a profile (`{home}`, `{work}`) are filled in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: str | None = Field(default=None, description="session mode to set")
    modes: tuple[str, ...] = Field(
        default=(), description="modes that ask as well; a run may choose one of them"
    )
    options: dict[str, str] = Field(
        default_factory=dict, description="session option → value to set"
    )
    meta: dict[str, JSON] = Field(
        default_factory=dict, description="`_meta` of session/new, session/load, session/resume"
    )
    env: dict[Variable, str] = Field(default_factory=dict, description="set for the agent")
    merged_env: dict[Variable, dict[str, JSON]] = Field(
        default_factory=dict, description="JSON objects that are merged into what is set"
    )
    files: dict[InnerPath, str] = Field(
        default_factory=dict, description="path in HOME → content, written before each turn"
    )
    hidden: tuple[InnerPath, ...] = Field(
        default=(), description="paths of the workspace that could switch questions off"
    )

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the variables to set, merged into those that are `given`."""
        merged = {
            name: json.dumps(merge(_object(given.get(name, "")), content))
            for name, content in self.merged_env.items()
        }
        return {**self.env, **merged}


def _object(text: str) -> dict[str, JSON]:
    try:
        return object_or_empty(json.loads(text))
    except ValueError:
        return {}


def merge(base: dict[str, JSON], over: dict[str, JSON]) -> dict[str, JSON]:
    """Return `base` with the values of `over`; objects are merged."""
    result = dict(base)
    for name, value in over.items():
        inner = object_or_empty(value)
        result[name] = merge(object_or_empty(base.get(name)), inner) if inner else value
    return result


def _claude(*, hooks: bool) -> Pin:
    # A rule of its own for each tool: rules of the person or of the repository that allow one are
    # weaker, and so are hooks that answer for the person.
    asked = ["Bash", "Write", "Edit", "NotebookEdit", "WebFetch", "WebSearch"]
    settings: dict[str, JSON] = {"permissions": {"ask": asked}}
    if not hooks:
        settings["disableAllHooks"] = True
    options: dict[str, JSON] = {"promptSuggestions": False, "settings": settings}
    return Pin(mode="default", modes=("plan",), meta={"claudeCode": {"options": options}})


def _opencode() -> Pin:
    free = dict.fromkeys(("read", "glob", "grep", "list", "todoread", "todowrite"), "allow")
    # Each by name, too: a repository's rule for one tool is merged with these, and would beat `*`.
    asked = ("edit", "write", "patch", "bash", "task", "skill", "webfetch", "websearch")
    more = ("codesearch", "lsp", "external_directory", "doom_loop")
    permission: dict[str, JSON] = {"*": "ask", **free, **dict.fromkeys(asked + more, "ask")}
    # The second place, because a repository's rules for its own agents beat the first.
    agents = {name: {"permission": permission} for name in ("build", "plan", "general")}
    return Pin(
        options={"mode": "build"},
        modes=("plan",),
        env={"OPENCODE_PERMISSION": json.dumps(permission)},
        merged_env={"OPENCODE_CONFIG_CONTENT": {"agent": agents}},
    )


def _gemini() -> Pin:
    asked = ("run_shell_command", "write_file", "replace", "web_fetch", "google_web_search")
    rules = (
        f'[[rule]]\ntoolName = "{tool}"\ndecision = "ask_user"\npriority = 999\n' for tool in asked
    )
    return Pin(
        mode="default",
        modes=("plan",),
        files={".gemini/policies/agent_runs.toml": "\n".join(rules)},
    )


def _qwen() -> Pin:
    settings = {
        "tools": {"approvalMode": "default"},
        "permissions": {"ask": ["Bash", "Edit", "Write", "WebFetch"]},
        # Its sub-agent for memories runs commands that nobody was asked about.
        "memory": {"enableManagedAutoMemory": False, "enableManagedAutoDream": False},
        "ui": {"enableFollowupSuggestions": False},
    }
    # Settings of the system, because those of the repository beat those in HOME.
    path = ".qwen-system.json"
    return Pin(
        mode="default",
        modes=("plan",),
        env={"QWEN_CODE_SYSTEM_SETTINGS_PATH": f"{{home}}/{path}"},
        files={path: json.dumps(settings)},
    )


CLAUDE, CLAUDE_ALLOW = _claude(hooks=False), _claude(hooks=True)
# Rules in there could run commands outside of its sandbox, without a question.
CODEX = Pin(mode="read-only", env={"INITIAL_AGENT_MODE": "read-only"}, hidden=(".codex",))
CODEX_ALLOW = Pin(
    mode="agent-full-access",
    env={"INITIAL_AGENT_MODE": "agent-full-access"},
)
OPENCODE = _opencode()
GEMINI = _gemini()
QWEN = _qwen()
COPILOT = Pin(
    mode=f"{_MODES}agent",
    modes=(f"{_MODES}plan",),
    options={"allow_all": "off"},
)
VIBE = Pin(options={"mode": "ask"})
VIBE_COMMANDS = (
    *("cat", "echo", "file", "find", "git diff", "git log", "git status", "head", "ls", "pwd"),
    *("stat", "tail", "tree", "uname", "wc", "which", "whoami"),
)
OPENHANDS = Pin(mode="always-ask")
GOOSE = Pin(env={"GOOSE_MODE": "approve"})
