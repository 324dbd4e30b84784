"""Start, watch and cancel CLI processes."""
