"""Search over all runs and within one."""
