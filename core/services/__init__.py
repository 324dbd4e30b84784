"""The use cases that the command line and the dashboard both call."""
