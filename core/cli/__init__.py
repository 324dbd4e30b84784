"""The command line: Typer commands, one file per group."""
