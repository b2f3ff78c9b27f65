"""Stands between the product and an agent, and writes down what they say to each other.

    python wiretap.py FILE PROGRAM ARGUMENTS...

Each line of FILE is `{"t": seconds, "dir": "out" | "in", "msg": ...}`, as in `recordings/acp`.
"""

import contextlib
import json
import subprocess
import sys
import threading
import time
from typing import IO

BEGIN = time.monotonic()
LOCK = threading.Lock()


def tap(source: IO[bytes], target: IO[bytes], file: IO[str], direction: str) -> None:
    """Pass lines on until there are no more, and keep those that are JSON."""
    for line in source:
        # Written down first: the answer to it must not come before it.
        with contextlib.suppress(ValueError), LOCK:
            moment = round(time.monotonic() - BEGIN, 4)
            row = {"t": moment, "dir": direction, "msg": json.loads(line)}
            file.write(json.dumps(row) + "\n")
            file.flush()
        target.write(line)
        target.flush()
    target.close()


def main() -> int:
    """Run the program to its end."""
    with (
        open(sys.argv[1], "a", encoding="utf-8") as file,
        subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as agent,
    ):
        assert agent.stdin is not None
        assert agent.stdout is not None
        ask = (sys.stdin.buffer, agent.stdin, file, "out")
        threading.Thread(target=tap, args=ask, daemon=True).start()
        tap(agent.stdout, sys.stdout.buffer, file, "in")
        return agent.wait()


if __name__ == "__main__":
    sys.exit(main())
