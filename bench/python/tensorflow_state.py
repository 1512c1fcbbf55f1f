"""tf.train.Checkpoint with each array as Python state: the bytes of an .npy file.

As TensorFlow's own NumpyState saved NumPy arrays.
"""

import io
import os

import numpy as np
import tensorflow as tf

from pages import NumpyArrays
from tensorflow_variables import checkpoint_of


class ArrayState(tf.train.experimental.PythonState):
    def __init__(self, array):
        self.array = array

    def serialize(self):
        file = io.BytesIO()
        np.save(file, self.array, allow_pickle=False)
        return file.getvalue()

    def deserialize(self, string_value):
        self.array = np.load(io.BytesIO(string_value), allow_pickle=False)


class Save:
    def __init__(self, arrays):
        # The same objects: what changes in them is saved.
        states = {name: ArrayState(array) for name, array in arrays.items()}
        self.checkpoint = checkpoint_of(states)

    def save(self, directory):
        self.checkpoint.save(os.path.join(directory, "ckpt"))


class Restore(NumpyArrays):
    def __init__(self, specs, restore):
        super().__init__(specs, restore)
        self.states = {name: ArrayState(np.zeros(0, "f4")) for name, _ in specs}
        self.checkpoint = checkpoint_of(self.states)

    def restore(self, directory):
        self.checkpoint.restore(os.path.join(directory, "ckpt-1")).assert_consumed()
        self.restored = {name: state.array for name, state in self.states.items()}
