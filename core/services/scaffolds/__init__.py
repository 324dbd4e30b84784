"""Texts of new plugins, one of each kind; `$name` and `$class_name` are filled in by core/services/scaffold.py."""
