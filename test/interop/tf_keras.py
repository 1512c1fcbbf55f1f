"""A Keras model and its optimizer, trained here and elsewhere in turns."""
import numpy as np
import tensorflow as tf
from tf_commands import command

SEED = 20190301


class Training:
    """A model, its optimizer and the Checkpoint of both. Two of them differ in nothing but their values."""

    def __init__(self, seed, built=True):
        tf.keras.utils.set_random_seed(seed)
        layers = [tf.keras.layers.Input([4]), tf.keras.layers.Dense(3, activation='tanh', name='hidden'),
                  tf.keras.layers.BatchNormalization(name='norm'), tf.keras.layers.Dense(2, name='out')]
        self.model = tf.keras.Sequential(layers, name='net')
        self.optimizer = tf.keras.optimizers.Adam(0.01)
        if built:
            self.optimizer.build(self.model.trainable_variables)
        self.checkpoint = tf.train.Checkpoint(model=self.model, optimizer=self.optimizer)

    def apply(self, gradients):
        self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables))

    def train(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.model(x, training=True) ** 2)
        self.apply(tape.gradient(loss, self.model.trainable_variables))

    def describe(self):
        """All numbers by name, and what the model makes of fixed input."""
        numbers = {v.path: v for v in self.model.variables}
        # By number: the names depend on how many optimizers there were before.
        numbers.update({f'optimizer/{i}': v for i, v in enumerate(self.optimizer.variables)})
        numbers['predictions'] = self.model.predict(batch(99), verbose=0)
        return {name: np.asarray(value, np.float64).ravel().tolist() for name, value in numbers.items()}


def batch(number):
    return np.random.default_rng([SEED, number]).standard_normal([5, 4]).astype(np.float32)


def gradients(training, number):
    rng = np.random.default_rng([SEED, number])
    return [rng.standard_normal(v.shape).astype(np.float32) for v in training.model.trainable_variables]


@command
def keras_train(base):
    """Trains two steps and saves; then a step of fixed gradients, which somebody else is to do as well, and one more."""
    training = Training(SEED)
    for step in range(2):
        training.train(batch(step))
    prefix = training.checkpoint.save(base)
    given = gradients(training, 2)
    training.apply([tf.constant(g) for g in given])
    steps = [training.describe()]
    training.train(batch(3))
    return {'prefix': prefix, 'gradients': [g.ravel().tolist() for g in given], 'steps': [*steps, training.describe()]}


@command
def keras_take_over(prefix, base, built):
    """Restores what somebody else trained, trains one more step and saves."""
    training = Training(SEED + 1, built)
    status = training.checkpoint.restore(prefix)
    status.assert_existing_objects_matched()
    if not built:
        # An optimizer gets its variables with its first step; they take their values then.
        training.optimizer.build(training.model.trainable_variables)
    status.assert_consumed()
    steps = [training.describe()]
    training.train(batch(3))
    return {'prefix': training.checkpoint.save(base), 'steps': [*steps, training.describe()]}
