"""Speed, as ratios to a limit that the same run measures: see `make bench`."""
