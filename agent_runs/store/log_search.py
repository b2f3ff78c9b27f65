"""Search in the entries of one run: the words as they stand, whatever their case.

Every entry is looked at, a part of the run at a time; a run of 50 000 entries takes well under a
second, without an index that would cost more on each write than all searches ever will.
"""

import orjson

from agent_runs.errors import RunNotFound
from agent_runs.store.database import Reader
from agent_runs.store.payloads import words_of

_PART = 2000
MOST = 5000
"""So many places are named; the total is exact all the same."""


async def find(reader: Reader, run_id: int, text: str) -> tuple[int, list[int]]:
    """Return `(total, seqs)`: how many entries hold the text, and the first ones, ascending.

    Raises:
        RunNotFound: there is no such run.
    """
    wanted = text.casefold()
    # The database leaves out what cannot fit; outside of ASCII the two fold case differently.
    likely = f"%{_as_json(text)}%" if text.isascii() else "%"
    like = "like" if reader.dialect == "sqlite" else "ilike"
    sql = (
        "select seq, payload from log where run_id = :run_id and seq > :after"
        f" and seq <= :last and payload {like} :likely escape '!' order by seq"
    )
    found = await reader.read("select log_count from run where id = :run_id", {"run_id": run_id})
    if not found:
        raise RunNotFound(run_id)
    total, seqs = 0, list[int]()
    for after in range(-1, found[0][0], _PART):
        part = {"run_id": run_id, "after": after, "last": after + _PART, "likely": likely}
        for seq, payload in await reader.read_heavy(sql, part):
            if any(wanted in words.casefold() for words in words_of(payload)):
                total += 1
                if total <= MOST:
                    seqs.append(seq)
    return total, seqs


def _as_json(text: str) -> str:
    inner = orjson.dumps(text).decode()[1:-1]
    for character in "!%_":
        inner = inner.replace(character, "!" + character)
    return inner
