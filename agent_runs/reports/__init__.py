"""Reports on the runs of a period, for people and CI."""

from agent_runs.reports.period import PeriodReport, read_report
from agent_runs.reports.writing import as_html, as_json, as_markdown

__all__ = ["PeriodReport", "as_html", "as_json", "as_markdown", "read_report"]
