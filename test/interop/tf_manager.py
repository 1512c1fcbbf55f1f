"""tf.train.CheckpointManager over a directory, by a clock that the test sets as TensorFlow's own tests do."""
import os
from unittest import mock

import tensorflow as tf
from tensorflow.python.checkpoint import checkpoint_management
from tf_commands import command


def describe(manager, saved):
    directory = manager.directory
    with open(os.path.join(directory, 'checkpoint'), encoding='utf-8') as file:
        state = file.read()
    return {'saved': saved, 'latest': manager.latest_checkpoint, 'managed': manager.checkpoints, 'state': state,
            'files': sorted(os.listdir(directory))}


@command
def manage(directory, options, start, acts):
    """A new manager at some time: takes the directory over, restores what is there, and saves at each act."""
    step = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(step=step)
    if 'checkpoint_interval' in options:
        options['step_counter'] = step
    with mock.patch.object(checkpoint_management, 'time') as clock:
        clock.time.return_value = start
        manager = tf.train.CheckpointManager(checkpoint, directory, **{'max_to_keep': None, **options})
        found = {'latest': manager.latest_checkpoint, 'managed': manager.checkpoints}
        if manager.restore_or_initialize() is not None:
            checkpoint.restore(manager.latest_checkpoint).assert_consumed()
        found['step'] = int(step)
        answers = []
        for act in acts:
            clock.time.return_value = act['at']
            step.assign(act['step'])
            saved = manager.save(act.get('number'), act.get('check', True))
            answers.append(describe(manager, saved))
    return {'found': found, 'answers': answers}


@command
def save_alone(base, step):
    """tf.train.Checkpoint.save, whose state file knows of nothing but the last checkpoint."""
    return tf.train.Checkpoint(step=tf.Variable(step, dtype=tf.int64)).save(base)
