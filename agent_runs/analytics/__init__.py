"""How agents perform: tables of rates, percentiles and sums, read from stored figures.

Every table has the same shape, so that one page, one CSV writer and one command show them all.
"""

from agent_runs.analytics.scope import FIRST_DAY, LONGEST_PERIOD, Scope
from agent_runs.analytics.tables import TABLES, Column, Table, read_table

__all__ = [
    "FIRST_DAY",
    "LONGEST_PERIOD",
    "TABLES",
    "Column",
    "Scope",
    "Table",
    "read_table",
]
