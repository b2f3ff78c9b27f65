"""Providers: what works on runs. `acp` drives coding agents on this machine."""
