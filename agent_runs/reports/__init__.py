"""Reports for people and CI: what the runs of a period came to."""

from agent_runs.reports.period import PeriodReport, read_report
from agent_runs.reports.writing import as_html, as_json, as_markdown

__all__ = ["PeriodReport", "as_html", "as_json", "as_markdown", "read_report"]
