"""Objects of every kind that TensorFlow tracks: built from a description, restored and saved.

A description is a list of nodes: {"kind": name, "children": [[name, index], ...]}; leaves also have "hex", and those that are
arrays "dtype" and "shape". Node 0 is the tf.train.Checkpoint.
"""
import json

import make_fixtures as fixtures
import numpy as np
import tensorflow as tf
from tensorflow.python.trackable import autotrackable, data_structures
from tf_commands import command


class State(tf.train.experimental.PythonState):
    """Bytes as they are; may have children too."""

    def __init__(self, data):
        self.value = data

    def serialize(self):
        return self.value

    def deserialize(self, string_value):
        self.value = string_value


class Json(State):
    """What a program of Python would do to keep its configuration."""

    def serialize(self):
        return json.dumps(self.value).encode()

    def deserialize(self, string_value):
        self.value = json.loads(string_value)


def tensor(dtype, shape, data):
    """An array of TensorFlow's dtype. NumPy has no quantized ones that it could be made of."""
    if dtype in fixtures.QUANTIZED:
        width = fixtures.QUANTIZED[dtype]
        parts = np.frombuffer(data, np.uint8).reshape(shape + ([width] if width > 1 else []))
        return tf.bitcast(tf.constant(parts), tf.as_dtype(dtype))
    return np.frombuffer(data, tf.as_dtype(dtype).as_numpy_dtype).reshape(shape)


def make_leaf(kind, dtype=None, shape=None, value=None, **_):
    if kind == 'json':
        return Json(value)
    data = bytes.fromhex(value)
    if kind == 'state':
        return State(data)
    array = tensor(dtype, shape, data)
    return fixtures._Array(array) if kind == 'array' else tf.Variable(array)


def describe_leaf(leaf):
    """The value as make_leaf takes it."""
    if isinstance(leaf, State):
        return {'value': leaf.value.hex() if isinstance(leaf.value, bytes) else leaf.value}
    is_variable = isinstance(leaf, tf.Variable)
    array = leaf.numpy() if is_variable else leaf.value
    dtype = leaf.dtype.name if is_variable else array.dtype.name
    # NumPy fills the upper bits of a small number, TensorFlow's files leave them empty.
    mask = fixtures.SUB_BYTE_MASK.get(dtype)
    data = array.tobytes() if mask is None else (array.view(np.uint8) & mask).tobytes()
    return {'dtype': dtype, 'shape': list(array.shape), 'value': data.hex()}


PARENTS = {'module': tf.Module, 'variables': tf.Module, 'auto': autotrackable.AutoTrackable, 'checkpoint': tf.train.Checkpoint,
           'numpy_state': fixtures.NumpyState}


class Builder:
    """Objects for the nodes of a tree, which may share and form cycles."""

    def __init__(self, tree):
        self.tree = tree
        self.made = {}

    def child_list(self, i):
        return [(name, self.make(child)) for name, child in self.tree[i]['children']]

    def make(self, i):
        if i in self.made:
            return self.made[i]
        kind = self.tree[i]['kind']
        if kind in ('list', 'tuple'):
            values = [child for _, child in self.child_list(i)]
            self.made[i] = values if kind == 'list' else tuple(values)
        elif kind == 'List':
            self.made[i] = data_structures.List()
            for _, child in self.child_list(i):
                self.made[i].append(child)
        elif kind in ('dict', 'Mapping'):
            self.made[i] = {} if kind == 'dict' else data_structures.Mapping()
            for name, child in self.child_list(i):
                self.made[i][name] = child
        elif kind in PARENTS:
            self.made[i] = PARENTS[kind]()
            self.attach(i)
        else:
            self.made[i] = make_leaf(**self.tree[i])
            self.attach(i)
        return self.made[i]

    def attach(self, i):
        parent = self.made[i]
        for name, child in self.child_list(i):
            if isinstance(parent, fixtures.NumpyState):
                parent.children[name] = child
            elif isinstance(parent, State):
                parent._track_trackable(child, name)
            else:
                setattr(parent, name, child)

    def root(self):
        """The Checkpoint, still without children. One with a root has them all from the start, or it does not know them."""
        has_root = any(name == 'root' for name, _ in self.tree[0]['children'])
        self.made[0] = tf.train.Checkpoint(**dict(self.child_list(0)) if has_root else {})
        return self.made[0]

    def fill(self):
        for name, child in self.child_list(0):
            if name != 'root' and not hasattr(self.made[0], name):
                setattr(self.made[0], name, child)

    def values(self):
        leaves = {i: x for i, x in self.made.items() if isinstance(x, (tf.Variable, State, fixtures._Array))}
        return {i: describe_leaf(leaf) for i, leaf in leaves.items()}


@command
def restore_trackables(prefix, tree, later):
    """Restores into the objects; with `later`, into a Checkpoint that has them only afterwards."""
    builder = Builder(tree)
    root = builder.root()
    if later:
        status = root.restore(prefix)
        builder.fill()
    else:
        builder.fill()
        status = root.restore(prefix)
    status.assert_consumed()
    status.assert_existing_objects_matched()
    return {'values': builder.values(), 'counter': int(root.save_counter)}


@command
def save_trackables(tree, base):
    builder = Builder(tree)
    root = builder.root()
    builder.fill()
    return root.save(base)
