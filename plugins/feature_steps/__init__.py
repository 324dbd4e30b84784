"""Built-in feature steps, one a file."""
