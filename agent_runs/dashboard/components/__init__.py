"""Parts that pages are made of, one noun per module."""
