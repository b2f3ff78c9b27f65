"""Where the logins are that people have, for each agent: variables, files, settings, clouds.

Tried with the real programs, see docs/agents.md. Nothing here asks a server whether a login is
good: that would cost time, tokens, or the login itself.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent_runs.models import JSON, LoginState
from agent_runs.providers.acp.pins import InnerPath, Variable, merge
from agent_runs.reading.shapes import object_or_empty

FILE_VARIABLES = ("GOOGLE_APPLICATION_CREDENTIALS", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")
"""Variables of agents that name a file, which the sandbox must show."""

_READ_BYTES = 1 << 20
_MOST_NAMED = 20
_OURS = ("AGENT_RUNS_", "CODEGEN_")
_COMMENTS = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMAS = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.DOTALL)


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as exc:
        raise ValueError(f"a regular expression: {exc}") from exc
    return pattern


Pattern = Annotated[str, AfterValidator(_compiled)]


class Way(BaseModel):
    """A way to log in, and all that it needs; used if its variable is set or its file is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variable: Variable | None = Field(default=None, description="chooses it")
    file: InnerPath | None = Field(default=None, description="chooses it, if no key is set")
    env_keys: tuple[Variable, ...] = Field(default=(), description="passed on")
    files: tuple[InnerPath, ...] = Field(default=(), description="copied")
    settings: dict[InnerPath, dict[str, JSON]] = Field(
        default_factory=dict, description="path in HOME → JSON merged into the agent's settings"
    )


class Login(BaseModel):
    """How a person may be logged in to an agent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[Variable, ...] = Field(
        default=(), description="of `env_keys`: each is a login by itself"
    )
    marks: dict[InnerPath, Pattern] = Field(
        default_factory=dict, description="file of the person → what it holds if logged in"
    )
    named: dict[InnerPath, Pattern] = Field(
        default_factory=dict, description="file of the person → where it names more variables"
    )
    parts: dict[InnerPath, tuple[str, ...]] = Field(
        default_factory=dict, description="JSON file of the person → its keys that are copied"
    )
    renamed: dict[Variable, tuple[Variable, ...]] = Field(
        default_factory=dict, description="variable → others that it is taken from if not set"
    )
    composed: dict[Variable, dict[str, Variable]] = Field(
        default_factory=dict, description="variable → JSON object: key → variable, if that is set"
    )
    read: dict[InnerPath, dict[Variable, Pattern]] = Field(
        default_factory=dict, description="file of the person → variables that are read from it"
    )
    renewed: tuple[InnerPath, ...] = Field(
        default=(), description="files that the agent renews; given back after a turn"
    )
    ways: tuple[Way, ...] = Field(default=(), description="further ways to log in")
    required: bool = Field(default=False, description="refuse to start without a login")
    hosted: Pattern | None = Field(
        default=None, description="models of a service that is used only if a person chose it"
    )
    chosen: dict[str, Pattern] = Field(
        default_factory=dict, description="variable or file of the person → what chooses `hosted`"
    )

    def variables(self, manager: Mapping[str, str], user_home: Path) -> dict[str, str]:
        """Return what is passed on because of how this person is logged in."""
        names = [key for used in self.used(manager, user_home) for key in used.env_keys]
        names += [used.variable for used in self.ways if used.variable]
        found = {name: manager[name] for name in names if name in manager}
        for path, pattern in self.named.items():
            for name in re.findall(pattern, text_of(user_home / path))[:_MOST_NAMED]:
                if name in manager and not name.startswith(_OURS):
                    found[name] = manager[name]
        for name, keys in self.composed.items():
            if content := {key: manager[other] for key, other in keys.items() if other in manager}:
                found[name] = json.dumps(content)
        borrowed = self._borrowed(manager, user_home)
        return found | {name: borrowed[name] for name in borrowed if name not in manager}

    def read_secrets(self, user_home: Path) -> dict[str, str]:
        """Return the variables that come out of the person's files."""
        found: dict[str, str] = {}
        for path, patterns in self.read.items():
            for name, pattern in patterns.items():
                if match := re.search(pattern, text_of(user_home / path)):
                    found[name] = match[1]
        return found

    def used(self, manager: Mapping[str, str], user_home: Path) -> list[Way]:
        """Return the ways that the person has chosen."""
        has_key = any(manager.get(name) for name in self.keys)
        return [
            way
            for way in self.ways
            if (way.variable and manager.get(way.variable))
            or (way.file and not has_key and text_of(user_home / way.file))
        ]

    def settings(
        self, base: Mapping[str, str], manager: Mapping[str, str], user_home: Path
    ) -> dict[str, str]:
        """Return path in HOME → JSON to write: the profile's own, a way's, the person's.

        Written for each turn: the person may have chosen another login since.
        """
        ways = [path for way in self.ways for path in way.settings]
        written: dict[str, str] = {}
        for path in dict.fromkeys((*ways, *self.parts)):
            content = relaxed_json(base.get(path, ""))
            for way in self.used(manager, user_home):
                content = merge(content, way.settings.get(path, {}))
            theirs = relaxed_json(text_of(user_home / path))
            chosen = {key: theirs[key] for key in self.parts.get(path, ()) if key in theirs}
            content = merge(content, object_or_empty(_at_home(chosen, user_home)))
            written[path] = json.dumps(content, indent=2)
        return written

    def is_unchosen(self, model: str, manager: Mapping[str, str], user_home: Path) -> bool:
        """Tell whether a model is one of a service that the person has not chosen."""
        if self.hosted is None or not re.match(self.hosted, model):
            return False
        return not any(
            re.search(pattern, manager.get(place) or text_of(user_home / place))
            for place, pattern in self.chosen.items()
        )

    def state(
        self, manager: Mapping[str, str], user_home: Path, files: Sequence[str]
    ) -> LoginState:
        """Tell whether the person is logged in, without asking anybody.

        Args:
            manager: variables of the manager.
            user_home: of the person.
            files: that hold a login, or the choice of a provider without a mark.
        """
        found = self.variables(manager, user_home)
        has_login = any(found[name] for name in found if name not in self.composed)
        if has_login or any(manager.get(name) for name in self.keys):
            return "logged in"
        for path, pattern in self.marks.items():
            if re.search(pattern, text_of(user_home / path)):
                return "logged in"
        if any((user_home / path).exists() for path in (*files, *self.parts)):
            return "cannot tell"
        return "not logged in" if self.keys or self.marks else "cannot tell"

    def _borrowed(self, manager: Mapping[str, str], user_home: Path) -> dict[str, str]:
        borrowed = self.read_secrets(user_home)
        for name, others in self.renamed.items():
            for other in others:
                if value := manager.get(other):
                    borrowed[name] = value
                    break
        return borrowed


def text_of(path: Path) -> str:
    """Return the start of a file of the person; empty if it cannot be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_READ_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def relaxed_json(text: str) -> dict[str, JSON]:
    """Return the object in a text that may have comments and commas too many; {} if none is."""
    plain = _COMMENTS.sub(lambda match: match[1] or "", text)
    plain = _LAST_COMMAS.sub(lambda match: match[1] or "", plain)
    try:
        return object_or_empty(json.loads(plain))
    except (ValueError, RecursionError):
        return {}


def _at_home(value: JSON, home: Path) -> JSON:
    """Return the value with `~/` filled in: the HOME of the agent is another one."""
    if isinstance(value, str):
        return f"{home}/{value[2:]}" if value.startswith("~/") else value
    if isinstance(value, dict):
        return {key: _at_home(item, home) for key, item in object_or_empty(value).items()}
    return value


_AWS = (
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
)
_AWS_FILES = (".aws/config", ".aws/credentials")
_GOOGLE = (
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_CLOUD_LOCATION",
    "CLOUD_ML_REGION",
)
_GOOGLE_FILES = (".config/gcloud/application_default_credentials.json",)


def _choice(path: str, kind: str) -> dict[str, dict[str, JSON]]:
    return {path: {"security": {"auth": {"selectedType": kind}}}}


CLAUDE = Login(
    renewed=(".claude/.credentials.json",),
    keys=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
    marks={
        ".claude/.credentials.json": r"accessToken",
        ".claude/settings.json": r'"(apiKeyHelper|ANTHROPIC_(API_KEY|AUTH_TOKEN)|'
        r'CLAUDE_CODE_(OAUTH_TOKEN|USE_[A-Z]+))"',
    },
    parts={
        ".claude/settings.json": (
            "env",
            "apiKeyHelper",
            "awsAuthRefresh",
            "awsCredentialExport",
            "gcpAuthRefresh",
            "model",
        )
    },
    ways=(
        Way(
            variable="CLAUDE_CODE_USE_BEDROCK",
            env_keys=(*_AWS, "ANTHROPIC_BEDROCK_BASE_URL", "CLAUDE_CODE_SKIP_BEDROCK_AUTH"),
            files=_AWS_FILES,
        ),
        Way(
            variable="CLAUDE_CODE_USE_VERTEX",
            env_keys=(
                *_GOOGLE,
                "ANTHROPIC_VERTEX_PROJECT_ID",
                "ANTHROPIC_VERTEX_BASE_URL",
                "CLAUDE_CODE_SKIP_VERTEX_AUTH",
            ),
            files=_GOOGLE_FILES,
        ),
        Way(
            variable="CLAUDE_CODE_USE_FOUNDRY",
            env_keys=(
                "ANTHROPIC_FOUNDRY_API_KEY",
                "ANTHROPIC_FOUNDRY_AUTH_TOKEN",
                "ANTHROPIC_FOUNDRY_RESOURCE",
                "ANTHROPIC_FOUNDRY_BASE_URL",
            ),
        ),
    ),
)
CODEX = Login(
    renewed=(".codex/auth.json",),
    keys=("OPENAI_API_KEY", "CODEX_API_KEY"),
    marks={".codex/auth.json": r'"(OPENAI_API_KEY|access_token)"\s*:\s*"'},
    composed={"CODEX_CONFIG": {"openai_base_url": "OPENAI_BASE_URL"}},
    named={".codex/config.toml": r'\b(?:env_key|bearer_token_env_var)\s*=\s*"(\w+)"'},
)
OPENCODE = Login(
    renewed=(".local/share/opencode/auth.json",),
    keys=(
        "OPENCODE_CONFIG_CONTENT",
        "OPENCODE_API_KEY",
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "OPENROUTER_API_KEY",
        "GEMINI_API_KEY",
        "AZURE_API_KEY",
        "AWS_BEARER_TOKEN_BEDROCK",
    ),
    marks={
        ".local/share/opencode/auth.json": r'"(key|access|refresh)"',
        ".config/opencode/opencode.json": r'"(provider|model)"\s*:',
        ".config/opencode/opencode.jsonc": r'"(provider|model)"\s*:',
    },
    named={
        ".config/opencode/opencode.json": r"\{env:(\w+)\}",
        ".config/opencode/opencode.jsonc": r"\{env:(\w+)\}",
    },
    # It would send the code to a hosted model of its own, even if there are other logins.
    required=True,
    hosted=r"opencode/",
    chosen={
        "OPENCODE_API_KEY": r".",
        "OPENCODE_CONFIG_CONTENT": r"opencode/",
        ".local/share/opencode/auth.json": r'"opencode"',
        ".config/opencode/opencode.json": r"opencode/",
        ".config/opencode/opencode.jsonc": r"opencode/",
    },
)
GEMINI = Login(
    renewed=(".gemini/oauth_creds.json",),
    keys=("GEMINI_API_KEY",),
    marks={
        ".gemini/oauth_creds.json": r"_token",
        ".gemini/.env": r"(?m)^\s*(export\s+)?(GEMINI|GOOGLE)_API_KEY\s*=\s*\S",
    },
    parts={".gemini/settings.json": ("security", "selectedAuthType")},
    ways=(
        Way(
            file=".gemini/oauth_creds.json",
            settings=_choice(".gemini/settings.json", "oauth-personal"),
        ),
        Way(
            variable="GOOGLE_GENAI_USE_VERTEXAI",
            env_keys=(*_GOOGLE, "GOOGLE_API_KEY"),
            files=_GOOGLE_FILES,
            settings=_choice(".gemini/settings.json", "vertex-ai"),
        ),
    ),
)
QWEN = Login(
    renewed=(".qwen/oauth_creds.json",),
    keys=("OPENAI_API_KEY",),
    marks={
        ".qwen/settings.json": r'"(apiKey|\w+_API_KEY)"\s*:\s*"\S',
        ".qwen/oauth_creds.json": r"_token",
        ".qwen/.env": r"(?m)^\s*(export\s+)?\w+_API_KEY\s*=\s*\S",
    },
    named={".qwen/settings.json": r'"envKey"\s*:\s*"(\w+)"'},
    parts={".qwen/settings.json": ("security", "modelProviders", "env", "model")},
    ways=(
        Way(file=".qwen/oauth_creds.json", settings=_choice(".qwen/settings.json", "qwen-oauth")),
    ),
)
GOOSE = Login(
    keys=("OPENAI_API_KEY", "ANTHROPIC_API_KEY"),
    marks={".config/goose/secrets.yaml": r"_API_KEY\s*:\s*\S"},
)
COPILOT = Login(
    keys=("COPILOT_GITHUB_TOKEN", "COPILOT_PROVIDER_BASE_URL"),
    marks={
        ".copilot/config.json": r'"(copilot_?[tT]okens|logged_?[iI]n_?[uU]sers?)"',
        ".config/gh/hosts.yml": r"oauth_token:\s*\S",
    },
    # Under its own name git and `gh` do not take the token for theirs.
    renamed={"COPILOT_GITHUB_TOKEN": ("GH_TOKEN", "GITHUB_TOKEN")},
    read={
        ".config/gh/hosts.yml": {
            "COPILOT_GITHUB_TOKEN": r"(?ms)^github\.com:.*?^\s+oauth_token:\s*(\S+)"
        }
    },
)
VIBE = Login(
    keys=("MISTRAL_API_KEY",),
    marks={".vibe/.env": r"(?m)^\s*(export\s+)?\w+_API_KEY\s*=\s*\S"},
    named={".vibe/config.toml": r'\bapi_key_env_var\s*=\s*"(\w+)"'},
)
OPENHANDS = Login(marks={".openhands/agent_settings.json": r'"api_key"\s*:\s*"\S'})
