"""What analytics answers, for callers of the client."""

from pydantic import Field

from agent_runs.models import JSON, Record


class AnalyticsColumn(Record):
    """One column of a table."""

    name: str
    unit: str = ""
    text: str = ""


class AnalyticsTable(Record):
    """One table of analytics; `items` has a dictionary per row."""

    name: str
    title: str = ""
    first_day: str = Field(description="first day of the period, UTC")
    last_day: str = Field(description="last day of the period, inclusive")
    step_days: int = Field(default=1, description="days of one row in tables by day")
    columns: tuple[AnalyticsColumn, ...] = ()
    items: tuple[dict[str, JSON], ...] = ()
