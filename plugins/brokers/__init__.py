"""Built-in brokers, one a file."""
