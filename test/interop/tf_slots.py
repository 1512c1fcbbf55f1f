"""TensorFlow 1's optimizers, whose state is slot variables: nobody's children, saved with a variable and an optimizer."""
import numpy as np
import tensorflow as tf
from tf_commands import command

SEED = 20190301
SLOTS = {'adam': ['m', 'v'], 'momentum': ['momentum']}


class Program:

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.model = tf.Module()
        self.model.w = tf.Variable(rng.standard_normal([4, 5]).astype(np.float32), name='w')
        self.model.b = tf.Variable(rng.standard_normal(5).astype(np.float32), name='b')
        self.adam = tf.compat.v1.train.AdamOptimizer(0.1)
        self.momentum = tf.compat.v1.train.MomentumOptimizer(0.1, 0.9)

    def create_slots(self):
        """What the first step does otherwise."""
        self.adam._create_slots([self.model.w, self.model.b])
        self.momentum._create_slots([self.model.w])

    def attach(self, checkpoint):
        checkpoint.adam, checkpoint.model, checkpoint.momentum = self.adam, self.model, self.momentum
        return checkpoint

    def step(self, gradients):
        w, b = (tf.constant(np.float32(g)) for g in gradients)
        self.adam.apply_gradients([(w, self.model.w), (b, self.model.b)])
        self.momentum.apply_gradients([(w, self.model.w)])

    def numbers(self):
        """By the keys of a checkpoint."""
        found = {'model/w': self.model.w, 'model/b': self.model.b}
        found.update(zip(['adam/beta1_power', 'adam/beta2_power'], self.adam._get_beta_accumulators()))
        for name, variable in [('w', self.model.w), ('b', self.model.b)]:
            for optimizer, slots in SLOTS.items():
                for slot in slots:
                    found[f'model/{name}/.OPTIMIZER_SLOT/{optimizer}/{slot}'] = getattr(self, optimizer).get_slot(variable, slot)
        return {name: v.numpy().ravel().astype(float).tolist() for name, v in found.items() if v is not None}


def gradients(number):
    rng = np.random.default_rng([SEED, number])
    return [rng.standard_normal(shape).astype(np.float32) for shape in [[4, 5], [5]]]


@command
def train_with_slots(base):
    """Two steps and a save, then a step that somebody else is to do as well."""
    program = Program(SEED)
    program.step(gradients(0))
    program.step(gradients(1))
    prefix = program.attach(tf.train.Checkpoint()).save(base)
    saved = program.numbers()
    program.step(gradients(2))
    return {'prefix': prefix, 'saved': saved, 'gradients': [g.ravel().astype(float).tolist() for g in gradients(2)],
            'stepped': program.numbers()}


@command
def go_on_with_slots(prefix, later):
    """Restores into slots that are there, or with `later` into objects and slots that come afterwards; then trains on."""
    program, checkpoint = Program(SEED + 1), tf.train.Checkpoint()
    if not later:
        program.create_slots()
        program.attach(checkpoint)
    status = checkpoint.restore(prefix)
    if later:
        program.attach(checkpoint)
        program.create_slots()
    status.assert_consumed()
    restored = program.numbers()
    program.step(gradients(3))
    return {'restored': restored, 'stepped': program.numbers()}


@command
def skip_slots(prefix):
    program, checkpoint = Program(SEED + 1), tf.train.Checkpoint()
    program.create_slots()
    before = program.numbers()
    options = tf.train.CheckpointOptions(experimental_skip_slot_variables=True)
    program.attach(checkpoint).restore(prefix, options).assert_existing_objects_matched()
    return {'before': before, 'restored': program.numbers()}
