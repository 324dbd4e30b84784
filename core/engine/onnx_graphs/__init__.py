"""Models as ONNX graphs: the blocks that the models' `to_onnx`, the exporter `onnx` and the model `onnx` are made of.

The modules that need onnx import it where they use it, never to list plugins.
"""
