"""The built-in plugins, one folder a kind. They import only qlop, as a third party's would."""
