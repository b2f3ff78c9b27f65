"""The database: runs, turns, log entries, events. All SQL of the program is in here."""
