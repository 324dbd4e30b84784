"""Built-in sinks, one a file."""
