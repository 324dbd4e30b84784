"""Models of Acme's for QLOP."""
