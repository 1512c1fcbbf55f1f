"""tf.train.Checkpoint with the arrays as variables."""

import os

import numpy as np
import tensorflow as tf

import state
from pages import PAGE


def checkpoint_of(variables):
    groups = {}
    for name, variable in variables.items():
        group, rest = name.split("/", 1)
        groups.setdefault(group, {})[rest] = variable
    return tf.train.Checkpoint(
        **{group: tf.train.Checkpoint(**children) for group, children in groups.items()}
    )


class Save:
    def __init__(self, arrays):
        self.arrays = arrays
        self.variables = {name: tf.Variable(array) for name, array in arrays.items()}
        self.checkpoint = checkpoint_of(self.variables)

    def changed(self, share, round_number):
        for name in state.changed(self.arrays, share, round_number):
            self.variables[name].assign(self.arrays[name])

    def save(self, directory):
        self.checkpoint.save(os.path.join(directory, "ckpt"))


class Restore:
    def __init__(self, specs, restore):
        # As a program makes them before it restores: they are there already.
        self.variables = {name: tf.Variable(np.ones(shape, "f4")) for name, shape in specs}
        self.checkpoint = checkpoint_of(self.variables)
        # The first use of an operation looks up its kernel, for each rank.
        for shape in [(1,), (1, 1)]:
            _negate_pages(tf.Variable(np.ones(shape, "f4")))

    def restore(self, directory):
        self.checkpoint.restore(os.path.join(directory, "ckpt-1")).assert_consumed()

    def arrays(self):
        return {name: variable.numpy() for name, variable in self.variables.items()}

    def read_pages(self):
        return sum(float(_view(variable)[::PAGE].sum()) for variable in self.variables.values())

    def negate_pages(self):
        for variable in self.variables.values():
            _negate_pages(variable)


def _view(variable):
    """Its elements where they are; `numpy()` would copy them."""
    return np.asarray(memoryview(variable.read_value())).reshape(-1)


def _negate_pages(variable):
    """In place, and at least an element of each row."""
    part = variable[..., ::PAGE]
    part.assign(-part)
