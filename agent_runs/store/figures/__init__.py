"""What is counted of runs, and sums over it."""
