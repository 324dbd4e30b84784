"""Built-in models, one a file."""
