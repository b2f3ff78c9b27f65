"""Backups, restores, imports and exports of the store."""
