"""The official API as data, and what another document lacks of it.

`recordings/official_api.json` holds the operations of both published documents: names, types and
bounds, without a word of prose. `bare` makes it of a document, `lacks` compares two of them. An
API that serves the contract may add to it (fields, values that it takes, answers), never lack.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

import orjson

Json = dict[str, Any]
Way = Literal["in", "out"]

RECORDED = Path(__file__).parent / "recordings" / "official_api.json"
SHARED = Path(__file__).parents[2] / "shared"
_PROSE = {"title", "description", "summary", "operationId", "tags", "examples", "example"}
_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "format")
_METHODS = ("get", "post", "put", "patch", "delete")
_TOKEN = "authorization"


def recorded() -> Json:
    """Return the contract that is kept with the tests."""
    return orjson.loads(RECORDED.read_bytes())


def bare(document: Json) -> Json:
    """Return of a document what a program needs: operations and schemas, without prose."""
    return {
        "paths": _without_prose(document["paths"]),
        "components": {"schemas": _without_prose(document["components"]["schemas"])},
    }


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield `(GET /path, operation)`."""
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield f"{method.upper()} {path}", methods[method]


class Comparison:
    """Finds what `ours` lacks of `theirs`; `checked` counts what was looked at."""

    def __init__(self, theirs: Json, ours: Json) -> None:
        self._theirs = theirs
        self._ours = ours
        self.checked: dict[str, int] = dict.fromkeys(
            ("operations", "parameters", "bounds", "fields", "answers"), 0
        )

    def lacks(self) -> list[str]:
        """Return one line for each thing that is lacking."""
        differences: list[str] = []
        served = dict(operations(self._ours))
        for where, operation in operations(self._theirs):
            self.checked["operations"] += 1
            if where not in served:
                differences.append(f"{where}: not served")
                continue
            differences += self._parameters(where, operation, served[where])
            differences += self._body(where, operation, served[where])
            differences += self._answers(where, operation, served[where])
        return differences

    def _parameters(self, where: str, theirs: Json, ours: Json) -> Iterator[str]:
        served = {(each["in"], each["name"]): each for each in ours.get("parameters", [])}
        names: set[tuple[str, str]] = set()
        for parameter in theirs.get("parameters", []):
            key = (parameter["in"], parameter["name"])
            names.add(key)
            if parameter["name"] == _TOKEN:
                continue  # a header there, a security scheme here
            self.checked["parameters"] += 1
            if key not in served:
                yield f"{where}: no parameter {key}"
                continue
            if served[key].get("required") and not parameter.get("required"):
                yield f"{where}: {key} is required"
            yield from self._schema(
                f"{where} {key}", parameter["schema"], served[key]["schema"], "in"
            )
        for key, parameter in served.items():
            # What stands in the path is sent, whether or not the document says so.
            if key not in names and parameter.get("required") and key[0] != "path":
                yield f"{where}: asks for {key}, which nobody sends"

    def _body(self, where: str, theirs: Json, ours: Json) -> Iterator[str]:
        if "requestBody" not in theirs:
            if ours.get("requestBody", {}).get("required"):
                yield f"{where}: asks for a body, which nobody sends"
            return
        for kind, content in theirs["requestBody"]["content"].items():
            served = ours.get("requestBody", {}).get("content", {}).get(kind)
            if served is None:
                yield f"{where}: takes no {kind}"
            else:
                yield from self._schema(f"{where} body", content["schema"], served["schema"], "in")

    def _answers(self, where: str, theirs: Json, ours: Json) -> Iterator[str]:
        for status, answer in theirs["responses"].items():
            self.checked["answers"] += 1
            served = ours["responses"].get(status)
            if served is None:
                yield f"{where}: no answer {status}"
                continue
            for kind, content in answer.get("content", {}).items():
                shape = served.get("content", {}).get(kind)
                if shape is None:
                    yield f"{where} {status}: no {kind}"
                else:
                    place = f"{where} {status}"
                    yield from self._schema(place, content["schema"], shape["schema"], "out")

    def _schema(self, where: str, theirs: Json, ours: Json, way: Way) -> Iterator[str]:
        their_kinds = _alternatives(self._theirs, theirs)
        our_kinds = _alternatives(self._ours, ours)
        if not their_kinds or (not our_kinds and way == "in"):
            return  # anything
        # What comes in, all of it has to be taken; what goes out has to be among theirs.
        wanted, offered = (their_kinds, our_kinds) if way == "in" else (our_kinds, their_kinds)
        for kind in wanted.keys() - offered.keys():
            if not (kind == "integer" and "number" in offered):
                yield f"{where}: {way}, {kind} is none of {sorted(offered)}"
        for kind in their_kinds.keys() & our_kinds.keys():
            yield from self._kind(where, their_kinds[kind], our_kinds[kind], way)

    def _kind(self, where: str, theirs: Json, ours: Json, way: Way) -> Iterator[str]:
        for bound in _BOUNDS:
            if bound in theirs:
                self.checked["bounds"] += 1
                if ours.get(bound) != theirs[bound]:
                    yield f"{where}: {bound} is {ours.get(bound)}, not {theirs[bound]}"
        if "default" in theirs and way == "in" and ours.get("default") != theirs["default"]:
            yield f"{where}: default is {ours.get('default')}, not {theirs['default']}"
        yield from _enum(where, theirs, ours, way)
        if theirs.get("type") == "array":
            yield from self._schema(f"{where}[]", theirs["items"], ours.get("items", {}), way)
        if isinstance(theirs.get("additionalProperties"), dict):
            more = ours.get("additionalProperties", {})
            yield from self._schema(f"{where}{{}}", theirs["additionalProperties"], more, way)
        yield from self._fields(where, theirs, ours, way)

    def _fields(self, where: str, theirs: Json, ours: Json, way: Way) -> Iterator[str]:
        served = ours.get("properties", {})
        needed, given = set(theirs.get("required", [])), set(ours.get("required", []))
        # Ours may ask for less, and may promise more.
        missing = given & theirs.get("properties", {}).keys() - needed
        missing = missing if way == "in" else needed - given
        if missing:
            yield f"{where}: {way}, required differs in {sorted(missing)}"
        for name, schema in theirs.get("properties", {}).items():
            self.checked["fields"] += 1
            if name not in served:
                yield f"{where}: no field {name}"
            else:
                yield from self._schema(f"{where}.{name}", schema, served[name], way)


def _enum(where: str, theirs: Json, ours: Json, way: Way) -> Iterator[str]:
    their_words, our_words = theirs.get("enum"), ours.get("enum")
    if their_words and our_words:
        wanted, offered = (their_words, our_words) if way == "in" else (our_words, their_words)
        if lost := set(wanted) - set(offered):
            yield f"{where}: {way}, {sorted(lost)} is none of {sorted(offered)}"
    elif our_words and way == "in":
        yield f"{where}: takes only {sorted(our_words)}"
    elif their_words and way == "out":
        yield f"{where}: says more than {sorted(their_words)}"


def _alternatives(document: Json, schema: Json) -> dict[str, Json]:
    """Return type → schema of what is allowed; nothing when everything is."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _alternatives(document, document["components"]["schemas"][name])
    if "allOf" in schema:
        (only,) = schema["allOf"]
        return _alternatives(document, only)
    if "anyOf" in schema:
        found: dict[str, Json] = {}
        outer = {name: value for name, value in schema.items() if name == "default"}
        for each in schema["anyOf"]:
            for kind, inner in _alternatives(document, each).items():
                found[kind] = {**outer, **inner}
        return found
    if "const" in schema:
        value = schema["const"]
        kind = {str: "string", int: "integer", bool: "boolean"}[type(value)]
        return {kind: {**schema, "type": kind, "enum": [value]}}
    kinds = schema.get("type", [])
    return dict.fromkeys([kinds] if isinstance(kinds, str) else kinds, schema)


def _without_prose(value: Any, *, names: bool = False) -> Any:
    """Take the words for people out; below `properties` the same words are names of fields."""
    if isinstance(value, list):
        return [_without_prose(each) for each in cast("list[Any]", value) if not _is_token(each)]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_prose(each, names=name in {"properties", "schemas"})
        for name, each in cast("Json", value).items()
        if (names or name not in _PROSE) and not (name == "default" and isinstance(each, str))
    }


def _is_token(value: Any) -> bool:
    return isinstance(value, dict) and cast("Json", value).get("name") == _TOKEN
