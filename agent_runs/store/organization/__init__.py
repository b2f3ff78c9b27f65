"""Repositories, views and preferences of an organization."""
