"""Answers of analytics: every table has this shape."""

from pydantic import Field

from agent_runs.record import JSON, Reply


class AnalyticsColumn(Reply):
    """One column of a table."""

    name: str = Field(description="Key in `items`, heading in CSV.")
    unit: str = Field(
        default="",
        description="`seconds`, `share` (0 to 1), `date`, `path`, `money` (currency to amount), "
        "`steps`, or empty for counts and names.",
    )
    text: str = Field(default="", description="What it means.")


class AnalyticsTable(Reply):
    """One table of analytics."""

    name: str = Field(description="Name, as in the path.")
    title: str = Field(default="", description="Title for people.")
    first_day: str = Field(description="First day of the period, UTC.")
    last_day: str = Field(description="Last day of the period, UTC, inclusive.")
    step_days: int = Field(
        default=1, description="Days of one row in tables by day: 1, or 7 over 92 days."
    )
    columns: tuple[AnalyticsColumn, ...] = Field(
        default=(), description="Columns in the order of the CSV."
    )
    items: tuple[dict[str, JSON], ...] = Field(
        default=(),
        description="The rows. `runs` is the path that lists the runs behind the row.",
    )
