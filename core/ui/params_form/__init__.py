"""Widgets for any pydantic model, and back to a validated object."""
