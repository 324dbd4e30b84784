"""Frozen models of every run config, and the loader."""
