"""The code that runs in the browser: local React components and the plain modules they use."""
