"""Runs as files: one module per format, all of them written while they are read.

    RunReader → ExportedRun, one after the other → a format's `write` → parts of a file

Memory holds one part of one run's entries at a time, whatever is exported.
"""
