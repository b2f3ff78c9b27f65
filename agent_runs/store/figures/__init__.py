"""Figures about runs, and their sums."""
