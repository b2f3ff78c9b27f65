"""Every page is drawn without a browser: with the frame around it and one heading."""

from types import ModuleType

import pytest

from agent_runs.dashboard.app import PAGES


@pytest.mark.parametrize("module", PAGES, ids=[module.__name__ for module in PAGES])
def test_a_page_has_the_frame_and_one_heading(module: ModuleType) -> None:
    drawn = str(module.page())
    assert drawn.count("jsx(Shortcuts,") == 1
    assert drawn.count('jsx("h1"') == 1
