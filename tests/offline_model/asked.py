"""What an agent asks a model and what the model answers, in no vendor's words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

Json = dict[str, Any]

_WRAPPED = re.compile(r"<([\w-]+)[^>]*>.*?</\1>", re.DOTALL)


@dataclass(frozen=True)
class Said:
    """One thing of a conversation; texts that agents add to a prompt are of the person, too."""

    who: Literal["person", "model", "tool"]
    text: str
    images: int = 0

    @property
    def is_prompt(self) -> bool:
        """Tell whether the person wrote some of it: agents wrap what they add in tags."""
        return self.who == "person" and bool(self.prompt)

    @property
    def prompt(self) -> str:
        """What is left without the agent's additions."""
        return _WRAPPED.sub("", self.text).strip()


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        said: the conversation, oldest first.
        tools: name → JSON schema of the arguments.
        system: instructions of the agent.
    """

    said: tuple[Said, ...]
    tools: Mapping[str, Json] = field(default_factory=dict[str, Json])
    system: str = ""

    @property
    def prompt(self) -> str:
        """The last prompt of the person."""
        return self._last[1]

    @property
    def done(self) -> int:
        """How many tool calls were answered since the last prompt."""
        return sum(each.who == "tool" for each in self.said[self._last[0] :])

    @property
    def images(self) -> int:
        """How many images came with the conversation."""
        return sum(each.images for each in self.said)

    @property
    def everything(self) -> str:
        """All texts of the request."""
        return "\n".join([self.system, *(each.text for each in self.said)])

    @property
    def _last(self) -> tuple[int, str]:
        prompts = [(at, each.prompt) for at, each in enumerate(self.said) if each.is_prompt]
        return prompts[-1] if prompts else (0, "")


@dataclass(frozen=True)
class Call:
    """A tool that the model wants the agent to use."""

    name: str
    arguments: Json


@dataclass(frozen=True)
class Reply:
    """What the model says, in pieces; with a call the agent's turn goes on."""

    words: tuple[str, ...]
    thought: tuple[str, ...] = ()
    call: Call | None = None


def objects(value: Any) -> list[Json]:
    """Return a list of objects; nothing if it is none."""
    return cast("list[Json]", value) if isinstance(value, list) else []


def joined(content: Any) -> tuple[str, int]:
    """Return text and number of images of a message's content, a string or a list of parts."""
    if isinstance(content, str):
        return content, 0
    parts = objects(content)
    texts = [str(part["text"]) for part in parts if isinstance(part.get("text"), str)]
    images = sum(part.get("type") in ("image", "image_url", "input_image") for part in parts)
    return "\n".join(texts), images
