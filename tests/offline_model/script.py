"""What the model does: the words of the prompt choose a script, the agent's tools how it is done.

Tools are filled by the names of their arguments, so a tool of a new agent mostly needs one word in
a table here, or none.
"""

import re
from collections.abc import Callable
from typing import Any, cast

from tests.offline_model.asked import Asked, Call, Json, Reply, objects

FILE = "hello.txt"
TEXT = "hello from the offline model\nsecond line\n"
ANSWER = ("I wrote ", f"**{FILE}** ", "and checked it: ", "2 lines. ", "Done.")
THOUGHT = ("The user wants ", "a small file. ", "I will write it.")
QUESTION = "Which database?"
FAILING_CODE = 3
STARTED = "started"  # a file that says that the slow command runs

_STEPS = ("Look at the project", f"Write {FILE}", "Check the result")
_PLANS = (
    *("todowrite", "TodoWrite", "todo_write", "write_todos", "update_plan", "todo"),
    *("SetTodoList", "TodoList", "task_tracker"),
)
_WRITERS = (
    *("write", "Write", "write_file", "WriteFile", "write_text_file", "create"),
    *("file_editor", "str_replace_editor"),
)
_SHELLS = (
    *("bash", "Bash", "run_shell_command", "Shell", "shell", "shell_command"),
    *("exec_command", "execute", "terminal", "execute_bash"),
)
_QUESTIONS = ("AskUserQuestion", "ask_user_question", "question", "ask_user")
_PATCH = "*** Begin Patch\n*** Add File: {file}\n{lines}\n*** End Patch\n"
_FOLDERS = (
    re.compile(r"(/[\w./-]*?/runs/\d+/work)\b"),
    re.compile(r"[Ww]orking directory: (/[^\n<]*)"),
)
_CODEWORD = re.compile(r"codeword is ([A-Z]+)")


def reply(asked: Asked) -> Reply:
    """Return the next thing to say or to do."""
    if not asked.tools:  # a request beside the work, for a title or a summary
        return Reply(("Hello from the offline model",))
    for words, script in _SCRIPTS:
        if words in asked.prompt:
            return script(asked)
    return Reply(("Hello, ", "I am ", "the offline model."))


def _recall(asked: Asked) -> Reply:
    found = _CODEWORD.findall(asked.everything)
    return Reply((f"It is {found[-1]}." if found else "I do not know it.",))


def _look(asked: Asked) -> Reply:
    return Reply((f"I see images: {asked.images}.",))


def _work(asked: Asked) -> Reply:
    check = f"cat {FILE} && wc -l {FILE}"
    calls = [_plan(asked), _writing(asked), _shell(asked, check)]
    return _next(asked, calls, ANSWER)


def _commit(asked: Asked) -> Reply:
    commit = f"git add {FILE} && git commit -q -m 'Say hello' && git log -1 --format='%an <%ae>'"
    return _next(asked, [_writing(asked), _shell(asked, commit)], ("Committed.",))


def _command(command: str) -> Callable[[Asked], Reply]:
    return lambda asked: _next(asked, [_shell(asked, command)], ("The command ended.",))


def _question(asked: Asked) -> Reply:
    options = [
        {"label": label, "description": text}
        for label, text in (("SQLite", "one file"), ("PostgreSQL", "a server"))
    ]
    question = {"question": QUESTION, "header": "Database", "options": options}
    values = {"questions": [{**question, "multiSelect": False}], **question}
    return _next(asked, [_first(asked, _QUESTIONS, values)], ("Thank you.",))


# The first words that stand in the prompt decide: agents may put it together with one before.
_SCRIPTS: tuple[tuple[str, Callable[[Asked], Reply]], ...] = (
    ("What is the codeword", _recall),
    ("images do you see", _look),
    ("and push it", _command("git push origin HEAD")),
    ("and commit it", _commit),
    ("Ask me a question", _question),
    (FILE, _work),
    ("slow command", _command(f"touch {STARTED}; python3 -c 'import time; time.sleep(600)'")),
    ("failing command", _command(f"echo broken; exit {FAILING_CODE}")),
    ("harmless command", _command("touch harmless.txt")),
)


def _next(asked: Asked, calls: list[Call | None], answer: tuple[str, ...]) -> Reply:
    possible = [call for call in calls if call is not None]
    if asked.done >= len(possible):
        return Reply(answer)
    call = possible[asked.done]
    thought = () if asked.done else THOUGHT
    return Reply((f"Now I use {call.name}. ",), thought, call)


def _plan(asked: Asked) -> Call | None:
    states = ("in_progress", "pending", "pending")
    steps = [
        {
            **dict.fromkeys(("content", "title", "description", "step"), step),
            "status": state,
            "id": str(at),
            "priority": "high",
            "notes": "",
            "activeForm": f"{step} ...",
        }
        for at, (step, state) in enumerate(zip(_STEPS, states, strict=True))
    ]
    values = {**dict.fromkeys(("todos", "plan", "task_list"), steps), "action": "write"}
    return _first(asked, _PLANS, {**values, "command": "plan"})


def _writing(asked: Asked) -> Call | None:
    path = _folder(asked) + FILE
    values: Json = dict.fromkeys(("filePath", "file_path", "path", "absolute_path"), path)
    values |= dict.fromkeys(("content", "file_text"), TEXT)
    call = _first(asked, _WRITERS, {**values, "command": "create"})
    if call is not None:
        return call
    if "apply_patch" in asked.tools:
        lines = "".join(f"+{line}\n" for line in TEXT.splitlines()).rstrip()
        patch = _PATCH.format(file=FILE, lines=lines)
        return Call("apply_patch", {"input": patch})
    return _shell(asked, f"printf '{TEXT}' > {FILE}".replace("\n", "\\n"))


def _shell(asked: Asked, command: str) -> Call | None:
    return _first(asked, _SHELLS, {"cmd": command, "command": command, "is_background": False})


def _first(asked: Asked, names: tuple[str, ...], values: Json) -> Call | None:
    """Return a call of the first of these tools that the agent offers."""
    name = next((name for name in names if name in asked.tools), None)
    if name is None:
        return None
    told = {"description": f"Use {name}", "summary": f"Use {name}", "security_risk": "LOW"}
    return Call(name, _filled(asked.tools[name], {**told, **values}, asked.tools[name]))


def _filled(schema: Json, values: Json, root: Json) -> Json:
    """Return the values that the schema names, shaped as it wants them."""
    properties: Json = _resolved(schema, root).get("properties") or {}
    known = {name: values[name] for name in properties if name in values}
    return {
        name: _shaped(_resolved(properties[name], root), value, root)
        for name, value in known.items()
    }


def _shaped(schema: Json, value: Any, root: Json) -> Any:
    if schema.get("type") == "array" and isinstance(value, str):
        return ["bash", "-lc", value]  # a command in words
    if isinstance(value, list) and "items" in schema:
        items = _resolved(schema["items"], root)
        return [_filled(items, each, root) for each in objects(value)]
    states: list[str] = schema.get("enum") or []
    if states and value not in states:
        return "todo" if "todo" in states else states[0]
    return cast("Any", value)


def _resolved(schema: Json, root: Json) -> Json:
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(choice, root)
    if "$ref" not in schema:
        return schema
    found: Json = root
    for name in schema["$ref"].removeprefix("#/").split("/"):
        found = found.get(name, {})
    return _resolved(found, root)


def _folder(asked: Asked) -> str:
    """Return the folder that the agent works in, with a slash at its end; "" if nothing says it."""
    for pattern in _FOLDERS:
        if found := pattern.findall(asked.everything):
            return f"{found[-1].strip()}/"
    return ""
