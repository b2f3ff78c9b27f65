"""Bodies and answers of saved views."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from agent_runs.models import SavedView
from agent_runs.schemas.fields import Body, check_text


def _check_name(name: str) -> str:
    if not name.strip():
        raise ValueError("it is empty: give the view a name")
    return check_text(name.strip())


Name = Annotated[str, AfterValidator(_check_name), Field(min_length=1, max_length=100)]
ViewQuery = Annotated[str, AfterValidator(check_text), Field(max_length=2000)]


class SaveView(Body):
    """A view to save."""

    name: Name = Field(description="Name, unique for its kind.", examples=["Failed this week"])
    kind: Literal["search", "runs"] = Field(
        default="search", description="`search`, or `runs` (filters of the run list)."
    )
    query: ViewQuery = Field(
        description="Search: as in docs/search.md. Runs: as in the address of the list, "
        "`status=ERROR&since=7d`.",
        examples=["failed:yes after:7d"],
    )


class ChangeView(Body):
    """Changes to a saved view; what is left out or null does not change."""

    name: Name | None = Field(default=None, description="New name.")
    query: ViewQuery | None = Field(default=None, description="New query of the same kind.")


class SavedViews(BaseModel):
    """The saved views."""

    items: list[SavedView] = Field(description="By name.")
