"""Answers of analytics: every table has this shape."""

from pydantic import BaseModel, Field

from agent_runs.models import JSON


class AnalyticsColumn(BaseModel):
    """One column of a table."""

    name: str = Field(description="Key in `items`, heading in CSV.")
    unit: str = Field(
        description="`seconds`, `share` (0 to 1), `date`, `path`, `money` (currency to amount), "
        "`steps`, or empty for counts and names."
    )
    text: str = Field(description="What it means.")


class AnalyticsTable(BaseModel):
    """One table of analytics."""

    name: str = Field(description="Name, as in the path.")
    title: str = Field(description="Title for people.")
    first_day: str = Field(description="First day of the period, UTC.")
    last_day: str = Field(description="Last day of the period, UTC, inclusive.")
    step_days: int = Field(description="Days of one row in tables by day: 1, or 7 over 92 days.")
    columns: list[AnalyticsColumn] = Field(description="Columns in the order of the CSV.")
    items: list[dict[str, JSON]] = Field(
        description="The rows. `runs` is the path that lists the runs behind the row."
    )
