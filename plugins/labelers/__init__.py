"""Built-in labelers, one a file."""
