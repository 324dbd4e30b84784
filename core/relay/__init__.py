"""The live relay of events: a disposable cache between runs and those who watch them."""
