"""QLOP: a workbench for quantitative machine learning with honest leverage."""
