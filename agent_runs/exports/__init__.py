"""Runs as files: one module per format; every file is written while the runs are read.

    RunReader → ExportedRun, one after the other → a format's `write` → parts of a file

Memory holds one part of one run's entries at a time, even in the largest export.
"""
