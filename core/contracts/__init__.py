"""One abstract base class for each plugin kind, and the types they speak."""
