"""Which coding agents there are, how each is started, and whether this machine has it.

Everything that is special about one agent is in its profile; the code that drives agents knows no
names. Agents are detected on PATH, never installed. Commands and variables were tried with the real
programs; those of goose and copilot follow their documentation.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from agent_runs.models import AgentInfo, LoginState, PermissionPolicy
from agent_runs.providers.acp import logins, pins
from agent_runs.providers.acp.logins import Login
from agent_runs.providers.acp.pins import InnerPath, Pin, Variable
from agent_runs.reading.shapes import object_or_empty, text_or_empty

SCRIPTED_PATH = Path(__file__).with_name("scripted.py")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class AgentProfile(BaseModel):
    """How to start one kind of agent.

    In `command`, `env` and `files` the words `{home}`, `{work}` and `{model}` stand for the
    run's private HOME, its workspace and the requested model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = Field(description="what `agent` of a new run takes")
    title: str = Field(default="", description="for people; the name when empty")
    command: tuple[str, ...] = Field(min_length=1, description="program and arguments")
    detect: tuple[str, ...] = Field(
        default=(), description="programs that must be on PATH; the command's own when empty"
    )
    env: dict[Variable, str] = Field(default_factory=dict, description="set for the agent")
    env_keys: tuple[Variable, ...] = Field(
        default=(), description="variables passed on from the manager's environment when set"
    )
    files: dict[InnerPath, str] = Field(
        default_factory=dict, description="path in HOME → content, written when missing"
    )
    login_files: tuple[InnerPath, ...] = Field(
        default=(), description="the user's own login, copied into the private HOME"
    )
    standing_files: tuple[InnerPath, ...] = Field(
        default=(), description="the user's standing instructions, copied into the private HOME"
    )
    login: Login | None = Field(
        default=None, description="where a login may be; null: only `env_keys` and `login_files`"
    )
    login_hint: str | None = Field(default=None, description="what to do when not logged in")
    install_hint: str | None = Field(default=None, description="how to install the program")
    auth_method: str | None = Field(
        default=None, description="ACP method to authenticate with when one of env_keys is set"
    )
    fs: bool = Field(default=False, description="offer fs/* to the agent")
    terminal: bool = Field(default=False, description="offer terminal/* to the agent")
    images: bool | None = Field(default=None, description="null: the agent itself says")
    titled_by_tool: bool = Field(
        default=False, description="the first title of a tool call is the name of the tool"
    )
    models: tuple[str, ...] = Field(
        default=(), description="models to offer, in the agent's words; any other may be named"
    )
    model_pattern: str | None = Field(
        default=None, description="further names of models, for an agent that takes any name"
    )
    model_env: Variable | None = Field(default=None, description="variable that takes the model")
    model_args: tuple[str, ...] = Field(
        default=(), description="arguments added when a run names a model"
    )
    read_only: tuple[str, ...] = Field(
        default=(), description="further paths that the sandbox shows, read-only"
    )
    network: bool = Field(default=True, description="false: the sandbox has no network")
    asking: Pin = Field(default=Pin(), description="makes the agent ask before it acts")
    allowing: Pin | None = Field(
        default=None, description="for runs that allow all; null: it asks, and we allow"
    )
    policies: tuple[PermissionPolicy, ...] = Field(
        default=("allow", "reject", "ask"), description="permission policies that it honours"
    )
    unasked_commands: tuple[str, ...] = Field(
        default=(), description="commands that its own rules let through: first words, or `*`"
    )
    built_in: bool = Field(default=True, description="false: from a TOML file")

    def pin(self, policy: PermissionPolicy) -> Pin:
        """Return what makes the agent keep to a run's policy."""
        return self.allowing if policy == "allow" and self.allowing else self.asking

    def login_state(self) -> LoginState | None:
        """Tell whether the person is logged in; reads the file system, asks nobody."""
        if self.login is not None:
            # What a profile of one's own sets is a login, too.
            return self.login.state(os.environ | self.env, Path.home(), self.login_files)
        needs_login = self.login_hint or self.env_keys or self.login_files
        return "cannot tell" if needs_login else None

    def may_start(self) -> bool:
        """Tell whether the agent may be started without a login that we know of."""
        required = self.login is not None and self.login.required
        return not required or self.login_state() == "logged in"

    def is_unchosen(self, model: str) -> bool:
        """Tell whether a model is one of a service that nobody has chosen."""
        return bool(self.login) and self.login.is_unchosen(model, os.environ, Path.home())

    def secret_variables(self) -> dict[str, str]:
        """Return the variables of the agent that are not the manager's own; some are secrets."""
        return self.env | (self.login.read_secrets(Path.home()) if self.login else {})

    def missing_program(self) -> str | None:
        """Return the first program that is not on PATH, None if the agent can start."""
        for program in self.detect or self.command[:1]:
            if shutil.which(program) is None:
                return program
        return None

    def unavailable_reason(self) -> str | None:
        """Say what is missing and how to get it, None if the agent can start."""
        program = self.missing_program()
        if program is None:
            return None
        hint = f"; install: {self.install_hint}" if self.install_hint else ""
        return f"`{program}` was not found on PATH{hint}"

    def info(self) -> AgentInfo:
        """Describe the agent as it is on this machine now; reads the file system."""
        reason = self.unavailable_reason()
        return AgentInfo(
            name=self.name,
            title=self.title or self.name,
            available=reason is None,
            reason=reason,
            version=None if reason else _installed_version(self),
            command=_SCRIPTED_WORDS if self.name == "scripted" else self.command,
            login=self.login_state(),
            login_hint=self.login_hint,
            built_in=self.built_in,
            images=self.images,
            models=self.models,
            policies=self.policies,
        )


def _installed_version(profile: AgentProfile) -> str | None:
    """Read the version from the npm package around the program; running it would cost seconds."""
    if profile.command[0] == sys.executable:
        return None
    program = shutil.which((profile.detect or profile.command)[0])
    for folder in Path(program or "/").resolve().parents:
        if folder.name == "node_modules":
            break
        try:
            package = object_or_empty(json.loads((folder / "package.json").read_text("utf-8")))
        except (OSError, ValueError):
            continue
        if "name" in package:
            return text_or_empty(package.get("version")) or None
    return None


_SCRIPTED_WORDS = ("python", "-m", "agent_runs.providers.acp.scripted")
_NPM = "npm install -g "

_PROFILES = (
    AgentProfile(
        name="scripted",
        title="Scripted agent (built in, no key, no network)",
        # -I and -S: only the standard library is imported, so it starts in 50 ms.
        command=(sys.executable, "-IS", str(SCRIPTED_PATH)),
        fs=True,
        terminal=True,
        images=True,
        network=False,
        unasked_commands=("ls", "git status"),
    ),
    AgentProfile(
        name="claude",
        title="Claude Code",
        command=("claude-agent-acp",),
        install_hint=_NPM + "@agentclientprotocol/claude-agent-acp (Node.js 22 or newer)",
        login_hint="run `claude` and type /login (on macOS `claude setup-token`, and set "
        "CLAUDE_CODE_OAUTH_TOKEN), or set ANTHROPIC_API_KEY",
        env_keys=(
            *logins.CLAUDE.keys,
            "ANTHROPIC_BASE_URL",
            "ANTHROPIC_CUSTOM_HEADERS",
            "ANTHROPIC_MODEL",
            "ANTHROPIC_DEFAULT_OPUS_MODEL",
            "ANTHROPIC_DEFAULT_SONNET_MODEL",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL",
            "ANTHROPIC_SMALL_FAST_MODEL",
        ),
        login=logins.CLAUDE,
        env={
            "CLAUDE_CONFIG_DIR": "{home}/.claude",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1",
        },
        login_files=(".claude/.credentials.json",),
        models=("opus", "sonnet", "haiku"),
        model_pattern=r"claude-[\w.-]+(\[1m\])?|(default|opusplan|fable|(opus|sonnet)\[1m\])",
        model_env="ANTHROPIC_MODEL",
        asking=pins.CLAUDE,
        allowing=pins.CLAUDE_ALLOW,
    ),
    AgentProfile(
        name="codex",
        title="Codex",
        command=("codex-acp",),
        install_hint=_NPM + "@agentclientprotocol/codex-acp (Node.js 22 or newer)",
        login_hint="run `codex login`, or set OPENAI_API_KEY",
        env_keys=(*logins.CODEX.keys, "OPENAI_BASE_URL"),
        login=logins.CODEX,
        env={"CODEX_HOME": "{home}/.codex"},
        login_files=(".codex/auth.json", ".codex/config.toml"),
        auth_method="api-key",
        asking=pins.CODEX,
        allowing=pins.CODEX_ALLOW,
        unasked_commands=("*",),  # its own sandbox lets them read only
    ),
    AgentProfile(
        name="opencode",
        title="OpenCode",
        command=("opencode", "acp"),
        install_hint=_NPM + "opencode-ai",
        login_hint="run `opencode auth login`, name a provider or model in "
        "~/.config/opencode/opencode.json, or set OPENCODE_CONFIG_CONTENT or a provider's key",
        env_keys=(
            *logins.OPENCODE.keys,
            "OPENCODE_DISABLE_MODELS_FETCH",
            "OPENCODE_DISABLE_DEFAULT_PLUGINS",
            "AZURE_RESOURCE_NAME",
        ),
        login=logins.OPENCODE,
        env={
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        },
        login_files=(
            ".local/share/opencode/auth.json",
            ".config/opencode/opencode.json",
            ".config/opencode/opencode.jsonc",
        ),
        titled_by_tool=True,
        asking=pins.OPENCODE,
    ),
    AgentProfile(
        name="gemini",
        title="Gemini CLI",
        command=("gemini", "--acp"),
        install_hint=_NPM + "@google/gemini-cli",
        login_hint="run `gemini` and log in, or set GEMINI_API_KEY",
        env_keys=(*logins.GEMINI.keys, "GOOGLE_GEMINI_BASE_URL", "GOOGLE_CLOUD_PROJECT"),
        login=logins.GEMINI,
        login_files=(
            ".gemini/oauth_creds.json",
            ".gemini/google_accounts.json",
            ".gemini/gemini-credentials.json",
            ".gemini/.env",
        ),
        env={"GEMINI_CLI_TRUST_WORKSPACE": "true", "GEMINI_CLI_NO_RELAUNCH": "true"},
        files={
            ".gemini/settings.json": json.dumps(
                {
                    "security": {"auth": {"selectedType": "gemini-api-key"}},
                    "privacy": {"usageStatisticsEnabled": False},
                    "telemetry": {"enabled": False},
                    "general": {"disableAutoUpdate": True},
                }
            )
        },
        model_pattern=r"(gemini|gemma)-[\w.-]+|auto|pro|flash|flash-lite",
        model_args=("--model", "{model}"),
        asking=pins.GEMINI,
    ),
    AgentProfile(
        name="qwen",
        title="Qwen Code",
        command=("qwen", "--acp"),
        install_hint=_NPM + "@qwen-code/qwen-code (Node.js 22 or newer)",
        login_hint="run `qwen` and type /auth, or set OPENAI_API_KEY, OPENAI_BASE_URL and "
        "OPENAI_MODEL",
        env_keys=(*logins.QWEN.keys, "OPENAI_BASE_URL", "OPENAI_MODEL"),
        login=logins.QWEN,
        login_files=(".qwen/oauth_creds.json", ".qwen/.env"),
        files={
            ".qwen/settings.json": json.dumps({"security": {"auth": {"selectedType": "openai"}}})
        },
        model_env="OPENAI_MODEL",
        asking=pins.QWEN,
    ),
    AgentProfile(
        name="goose",
        title="goose",
        command=("goose", "acp"),
        install_hint="see the releases of github.com/block/goose",
        login_hint="set GOOSE_PROVIDER, GOOSE_MODEL and the provider's key",
        env_keys=(
            "GOOSE_PROVIDER",
            "GOOSE_MODEL",
            "GOOSE_MODE",
            "OPENAI_API_KEY",
            "OPENAI_HOST",
            "OPENAI_BASE_PATH",
            "ANTHROPIC_API_KEY",
        ),
        login=logins.GOOSE,
        login_files=(".config/goose/config.yaml", ".config/goose/secrets.yaml"),
        model_env="GOOSE_MODEL",
        asking=pins.GOOSE,
    ),
    AgentProfile(
        name="copilot",
        title="GitHub Copilot CLI",
        command=("copilot", "--acp", "--stdio"),
        install_hint=_NPM + "@github/copilot (Node.js 22 or newer)",
        login_hint="run `copilot login`, or set COPILOT_GITHUB_TOKEN",
        env_keys=(
            *logins.COPILOT.keys,
            "COPILOT_PROVIDER_TYPE",
            "COPILOT_PROVIDER_API_KEY",
            "COPILOT_PROVIDER_BEARER_TOKEN",
            "COPILOT_PROVIDER_WIRE_API",
            "COPILOT_PROVIDER_AZURE_API_VERSION",
            "COPILOT_PROVIDER_MODEL_ID",
            "COPILOT_PROVIDER_WIRE_MODEL",
            "COPILOT_MODEL",
            "COPILOT_OFFLINE",
        ),
        login=logins.COPILOT,
        env={"COPILOT_AUTO_UPDATE": "false"},
        login_files=(".copilot/config.json",),
        model_args=("--model", "{model}"),
        asking=pins.COPILOT,
    ),
    AgentProfile(
        name="vibe",
        title="Mistral Vibe",
        command=("vibe-acp",),
        install_hint="pip install mistral-vibe",
        login_hint="run `vibe --setup`, or set MISTRAL_API_KEY",
        env_keys=logins.VIBE.keys,
        login=logins.VIBE,
        env={"VIBE_HOME": "{home}/.vibe"},
        login_files=(".vibe/config.toml", ".vibe/.env"),
        asking=pins.VIBE,
        unasked_commands=pins.VIBE_COMMANDS,
    ),
    AgentProfile(
        name="openhands",
        title="OpenHands",
        command=("openhands", "acp"),
        install_hint="pip install openhands",
        login_hint="run `openhands` once and choose a model",
        # Its terminals would share one tmux server with those of other runs.
        env={"OPENHANDS_SUPPRESS_BANNER": "1", "TMUX_TMPDIR": "{home}"},
        login=logins.OPENHANDS,
        login_files=(".openhands/agent_settings.json",),
        asking=pins.OPENHANDS,
    ),
)

BUILT_IN: Mapping[str, AgentProfile] = {profile.name: profile for profile in _PROFILES}
"""Name → profile, in the order in which they are shown."""
