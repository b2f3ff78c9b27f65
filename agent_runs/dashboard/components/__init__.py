"""Parts that pages are made of, one noun per module, and the local React components (`*.jsx`)."""
