"""How long a test waits for something that must happen.

Far longer than it takes, on any machine: nothing measures time by it, so a busy machine makes a
test slow and not red. What never happens ends the test after it.
"""

PATIENCE_SECONDS = 240.0
