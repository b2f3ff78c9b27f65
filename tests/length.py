"""How long the proofs are that may take any time.

`make test` runs them in a short form. `TEST_LENGTH=long`, which `make soak`, `make agents` and
`make pythons` set, runs the same tests with more rounds, examples, agents and Pythons.
"""

import os

IS_LONG = os.environ.get("TEST_LENGTH") == "long"
_ROUNDS = 20
_TIMES_AS_MANY = 50


def rounds() -> range:
    """Return the numbers of the rounds that a storm goes through."""
    return range(_ROUNDS if IS_LONG else 1)


def examples(short: int) -> int:
    """Return how many examples are tried where `make test` tries `short`."""
    return short * _TIMES_AS_MANY if IS_LONG else short
