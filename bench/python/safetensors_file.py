"""safetensors, of NumPy arrays."""

import os

from safetensors.numpy import load_file, save_file

from pages import NumpyArrays


class Save:
    def __init__(self, arrays):
        self.arrays = arrays

    def save(self, directory):
        save_file(self.arrays, os.path.join(directory, "state.safetensors"))


class Restore(NumpyArrays):
    def restore(self, directory):
        self.restored = load_file(os.path.join(directory, "state.safetensors"))
