"""The home folder, run folders, event logs and the run index."""
