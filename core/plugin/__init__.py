"""Discovery, registry and compatibility of plugins."""
