"""The form of a whole run: pickers of plugins, their parameters, the config that follows."""
