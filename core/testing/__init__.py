"""The contract suites that every plugin's test inherits."""
