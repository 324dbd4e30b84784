"""Built-in orchestrators, one a file."""
