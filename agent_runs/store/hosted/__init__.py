"""Runs and organizations of hosted accounts."""
