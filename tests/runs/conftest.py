"""The system under test: everything but HTTP."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from living_system import System, living


@pytest.fixture
async def system(tmp_path: Path, database_url: str) -> AsyncGenerator[System]:
    """A living system on each kind of database."""
    async with living(tmp_path / "home", database_url) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the importer puts files while it reads them; it does not exist yet."""
    return tmp_path / "imports"
