"""Gives runs their turn to work, a bounded number at a time. `local` does it in this process."""
