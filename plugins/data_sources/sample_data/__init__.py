"""The embedded prices and rates; SOURCES.md says whose they are."""
