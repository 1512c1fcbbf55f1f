"""Checkpoints without objects: those of tf.compat.v1.train.Saver, which knows variables by their names in a graph.

A variable is {"name", "dtype", "shape", "value"}, and {"parts": n} if it is partitioned along its first axis.
"""
import numpy as np
import tensorflow as tf
from tf_commands import command
from tf_trackables import tensor

v1 = tf.compat.v1


def make_variable(name, dtype, shape, value=None, parts=None, **_):
    array = np.zeros(shape, tf.as_dtype(dtype).as_numpy_dtype) if value is None else tensor(dtype, shape, bytes.fromhex(value))
    if parts is None:
        return v1.get_variable(name, initializer=tf.constant(array))

    def part(shape, dtype=None, partition_info=None):
        at = partition_info.var_offset
        return tf.constant(array[tuple(slice(a, a + n) for a, n in zip(at, shape))])

    return v1.get_variable(name, shape, dtype, initializer=part, partitioner=v1.fixed_size_partitioner(parts))


def whole(variable):
    return tf.convert_to_tensor(variable)


def describe(name, value):
    return {'name': name, 'dtype': value.dtype.name, 'shape': list(value.shape), 'value': value.tobytes().hex()}


@command
def save_by_name(base, variables, sharded, step):
    with tf.Graph().as_default(), v1.Session() as session:
        for variable in variables:
            make_variable(**variable)
        session.run(v1.global_variables_initializer())
        return v1.train.Saver(sharded=sharded).save(session, base, global_step=step)


@command
def restore_by_name(prefix, variables):
    with tf.Graph().as_default(), v1.Session() as session:
        made = [(v['name'], make_variable(**{**v, 'value': None})) for v in variables]
        v1.train.Saver().restore(session, prefix)
        return [describe(name, session.run(whole(variable))) for name, variable in made]


def trained(session):
    """Names and values of all variables, those of the optimizer among them."""
    return [describe(v.op.name, session.run(v)) for v in v1.global_variables()]


@command
def train_in_graph(base, prefix=None):
    """Two steps of TensorFlow 1's Adam in a graph, from the start or from a checkpoint; before and after them."""
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(1)
        w = v1.get_variable('dense/kernel', [3, 2])
        b = v1.get_variable('dense/bias', [2])
        step = v1.train.create_global_step()
        train = v1.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(tf.square(w)) + tf.reduce_sum(tf.exp(b)), global_step=step)
        session.run(v1.global_variables_initializer())
        saver = v1.train.Saver()
        if prefix is not None:
            saver.restore(session, prefix)
        before = trained(session)
        session.run(train)
        session.run(train)
        return {'prefix': saver.save(session, base, global_step=step), 'before': before, 'after': trained(session)}
