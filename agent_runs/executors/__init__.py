"""Lets runs work, a bounded number at a time. `local` does it in this process."""
