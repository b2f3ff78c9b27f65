"""The twin that accounts are mirrored from."""

from collections.abc import Generator
from functools import partial

import pytest

from tests.hosted_api import HostedApi, serve_twin
from tests.hosted_api_life import RealClock, working_life


@pytest.fixture
def api() -> Generator[HostedApi]:
    """Its runs work for a tenth of a second."""
    twin = HostedApi(clock=RealClock(), life=partial(working_life, every_seconds=0.02))
    with serve_twin(twin):
        yield twin
