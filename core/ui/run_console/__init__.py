"""The live console of a run."""
