"""Keras models that TensorFlow.js has too: handed over in both directions."""
import numpy as np
import tensorflow as tf
from tf_commands import command

L = tf.keras.layers
SHAPES = {'mlp': [4], 'conv': [6, 6, 1], 'rnn': [5], 'two': [4], 'nested': [4]}


def mlp():
    return tf.keras.Sequential([
        L.Input([4]), L.Dense(3, activation='tanh', name='hidden'), L.Dropout(0.5), L.BatchNormalization(name='norm'),
        L.Dense(2, name='out')], name='net')


def conv():
    return tf.keras.Sequential([
        L.Input([6, 6, 1]), L.Conv2D(3, 2, name='conv'), L.SeparableConv2D(2, 2, name='separable'),
        L.DepthwiseConv2D(2, name='depthwise'), L.Conv2DTranspose(2, 2, name='transposed'),
        L.PReLU(name='prelu'), L.LayerNormalization(name='layer_norm'), L.Flatten(), L.Dense(2, name='out')])


def rnn():
    return tf.keras.Sequential([
        L.Input([5]), L.Embedding(10, 4, name='embedding'), L.LSTM(3, return_sequences=True, name='lstm'),
        L.Bidirectional(L.LSTM(2, return_sequences=True), name='both'),
        L.GRU(3, reset_after=False, return_sequences=True, name='gru'),
        # Not of several cells: Keras leaves the weights of those out of its checkpoints.
        L.TimeDistributed(L.Dense(3), name='each'), L.SimpleRNN(2, name='last')])


def two():
    a, b = L.Input([4], name='a'), L.Input([4], name='b')
    shared = L.Dense(3, name='shared')
    sum_ = L.Add(name='add')([shared(a), shared(b), L.Dense(3, name='right')(b)])
    return tf.keras.Model([a, b], L.Dense(2, name='out')(sum_))


def nested():
    inner = tf.keras.Sequential([L.Input([4]), L.Dense(3, name='first'), L.Dense(3, name='second')], name='inner')
    return tf.keras.Sequential([L.Input([4]), inner, L.Dense(2, name='out')])


MODELS = {f.__name__: f for f in (mlp, conv, rnn, two, nested)}
OPTIMIZERS = {
    'sgd': lambda: tf.keras.optimizers.SGD(0.05),
    'momentum': lambda: tf.keras.optimizers.SGD(0.05, momentum=0.9),
    'adam': lambda: tf.keras.optimizers.Adam(0.01, epsilon=1e-7),
    'adamax': lambda: tf.keras.optimizers.Adamax(0.01, epsilon=1e-7),
    'rmsprop': lambda: tf.keras.optimizers.RMSprop(0.01, rho=0.9),
    'rmsprop_all': lambda: tf.keras.optimizers.RMSprop(0.01, rho=0.9, momentum=0.5, centered=True),
    'adagrad': lambda: tf.keras.optimizers.Adagrad(0.01),
    'adadelta': lambda: tf.keras.optimizers.Adadelta(0.5),
}


def inputs(name):
    rng = np.random.default_rng(7)
    shape = [2, *SHAPES[name]]
    x = rng.integers(0, 10, shape) if name == 'rnn' else rng.standard_normal(shape)
    x = x.astype(np.float32)
    return [x, x[::-1].copy()] if name == 'two' else x


def predictions(name, model):
    x = inputs(name)
    y = np.asarray(model(x, training=False), np.float64)
    return {'x': np.asarray(x, np.float64).ravel().tolist(), 'y': y.ravel().tolist()}


@command
def tfjs_write(name, path, seed=1):
    """A model of its own, saved as `model`, and what it predicts."""
    tf.keras.utils.set_random_seed(seed)
    model = MODELS[name]()
    for v in model.weights:  # Those that begin with zeros, too.
        v.assign(v + np.random.default_rng(len(v.shape)).uniform(0.05, 0.2, v.shape))
    tf.train.Checkpoint(model=model).write(path)
    return predictions(name, model)


@command
def tfjs_read(name, path):
    """What a model predicts with the weights that somebody else saved."""
    tf.keras.utils.set_random_seed(3)
    model = MODELS[name]()
    status = tf.train.Checkpoint(model=model).read(path)
    status.assert_consumed()
    return predictions(name, model)


@command
def tfjs_train(optimizer, read, write, steps):
    """Goes on with an mlp and its optimizer, compiled, for some steps of fixed data; all numbers then."""
    tf.keras.utils.set_random_seed(5)
    model = tf.keras.Sequential([L.Input([4]), L.Dense(3, activation='tanh', name='hidden'), L.Dense(2, name='out')])
    model.compile(optimizer=OPTIMIZERS[optimizer](), loss='mse')
    model.optimizer.build(model.trainable_variables)
    checkpoint = tf.train.Checkpoint(model=model)
    if read is not None:
        status = checkpoint.read(read)
        status.assert_consumed().assert_existing_objects_matched()
    x = np.linspace(-1, 1, 32, dtype=np.float32).reshape(8, 4)
    y = np.linspace(1, -2, 16, dtype=np.float32).reshape(8, 2)
    for _ in range(steps):
        model.train_on_batch(x, y)
    checkpoint.write(write)
    return {'weights': [np.asarray(v, np.float64).ravel().tolist() for v in model.weights],
            'iterations': int(model.optimizer.iterations)}
