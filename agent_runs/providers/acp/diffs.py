"""A unified diff of two texts, bounded: an agent may send a file of any size twice."""

import difflib

from agent_runs.providers.acp.text import clip

_MOST_LINES = 3000
_CONTEXT = 3
_NO_END = "\n\\ No newline at end of file\n"

Block = tuple[int, int, int, int]
"""Lines `[0]:[1]` of the old text became lines `[2]:[3]` of the new one."""


def unified(old: str | None, new: str, path: str) -> str:
    """Return a unified diff, clipped; empty when nothing changed.

    difflib is quadratic. What both texts share at their ends is cut off first, so a small change in
    a large file stays cheap; above 3 000 changed lines the diff is one block, not a minimal one.

    Args:
        old: None for a new file.
        new: the text now.
        path: shown in the header.
    """
    if new == (old or ""):
        return ""
    before, after = _lines(old or ""), _lines(new)
    lines = ["--- /dev/null\n" if old is None else f"--- a/{path}\n", f"+++ b/{path}\n"]
    for group in _groups(_blocks(before, after)):
        lines += _hunk(group, before, after)
    return clip("".join(line if line.endswith("\n") else f"{line}{_NO_END}" for line in lines))


def _lines(text: str) -> list[str]:
    # Not splitlines(): for git a form feed or a lone carriage return does not end a line.
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _blocks(before: list[str], after: list[str]) -> list[Block]:
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    old_end, new_end = len(before) - end, len(after) - end
    lengths = (old_end - start, new_end - start)
    if min(lengths) <= 1 or sum(lengths) > _MOST_LINES:
        return [(start, old_end, start, new_end)]
    middle = (before[start:old_end], after[start:new_end])
    matcher = difflib.SequenceMatcher(None, *middle, autojunk=False)
    return [
        (start + i, start + j, start + k, start + m)
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    ]


def _shared(before: list[str], after: list[str]) -> int:
    count = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        count += 1
    return count


def _groups(blocks: list[Block]) -> list[list[Block]]:
    """Put blocks together whose context would touch."""
    groups: list[list[Block]] = []
    for block in blocks:
        if groups and block[0] - groups[-1][-1][1] <= 2 * _CONTEXT:
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _hunk(group: list[Block], before: list[str], after: list[str]) -> list[str]:
    first = max(group[0][0] - _CONTEXT, 0)
    last = min(group[-1][1] + _CONTEXT, len(before))
    lines: list[str] = []
    at = first
    for old_start, old_end, new_start, new_end in group:
        lines += [f" {line}" for line in before[at:old_start]]
        lines += [f"-{line}" for line in before[old_start:old_end]]
        lines += [f"+{line}" for line in after[new_start:new_end]]
        at = old_end
    lines += [f" {line}" for line in before[at:last]]
    grown = sum((block[3] - block[2]) - (block[1] - block[0]) for block in group)
    new_first = first + group[0][2] - group[0][0]
    old_range = _range(first, last - first)
    return [f"@@ -{old_range} +{_range(new_first, last - first + grown)} @@\n", *lines]


def _range(start: int, length: int) -> str:
    # In a unified diff an empty range names the line before it.
    return f"{start + 1 if length else start},{length}"
