"""numpy.savez and numpy.load."""

import os

import numpy as np

from pages import NumpyArrays


class Save:
    def __init__(self, arrays):
        self.arrays = arrays

    def save(self, directory):
        np.savez(os.path.join(directory, "state.npz"), **self.arrays)


class Restore(NumpyArrays):
    def restore(self, directory):
        with np.load(os.path.join(directory, "state.npz")) as file:
            self.restored = {name: file[name] for name in file.files}
