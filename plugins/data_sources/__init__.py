"""Built-in data sources, one a file."""
