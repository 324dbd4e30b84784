"""Networks trained by PyTorch: what `mlp`, `lstm` and `custom_network` share.

PyTorch is an extra. The modules that import it are themselves imported where a network is made, never to list plugins.
"""
