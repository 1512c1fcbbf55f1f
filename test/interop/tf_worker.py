"""Real TensorFlow, driven by tests: reads a request as one line of JSON, answers with one line.

A request is {"command": name, ...arguments}; the answer {"result": ...} or {"error": type, "message": text}.
"""
import json
import os
import sys

# Answers go to what standard output was; whatever else prints goes to standard error.
ANSWERS = os.fdopen(os.dup(1), 'w', encoding='utf-8')
os.dup2(2, 1)
# No __pycache__ among the fixtures.
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fixtures', 'tf'))

import make_fixtures as fixtures  # noqa: E402 -- sets the environment, then imports TensorFlow
import ml_dtypes  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.python.checkpoint import checkpoint as checkpoint_lib  # noqa: E402
import tf_formats  # noqa: E402, F401 -- adds its commands
import tf_guide  # noqa: E402, F401 -- adds its commands
import tf_keras  # noqa: E402, F401 -- adds its commands
import tf_manager  # noqa: E402, F401 -- adds its commands
import tf_names  # noqa: E402, F401 -- adds its commands
import tf_slots  # noqa: E402, F401 -- adds its commands
import tf_tfjs  # noqa: E402, F401 -- adds its commands
import tf_trackables  # noqa: E402, F401 -- adds its commands
from tensorflow.python.trackable import base as trackable_base  # noqa: E402
from tf_commands import COMMANDS, command  # noqa: E402

# What an NdArray holds as numbers; everything else is carried as its bytes.
NUMBERS = {'b1', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f2', 'f4', 'f8', 'c8', 'c16'}
TYPES = ['|b1', '|i1', '|u1', '<i2', '>u2', '<i4', '>i4', '<u4', '<i8', '>u8', '<f2', '>f2', '<f4', '>f4', '<f8', '>f8', '<c8',
         '>c8', '<c16', '<U3', '>U2', '|S5', '|V7', '<M8[ns]', '>M8[D]', '<m8[s]', '<f16', '<c32',
         [('a', '<i4'), ('b', '>f8', (2,)), ('c', '|S3')], [('bfloat16', '<u2')], [('float8_e5m2', '|u1')]]


def describe(a):
    """descr, shape and digest of the bytes in C order; numbers as little-endian ones."""
    if a.dtype.str[1:] in NUMBERS and a.dtype.names is None:
        a = a.byteswap().view(a.dtype.newbyteorder('<')) if a.dtype.str[0] == '>' else a
    return {'descr': np.lib.format.dtype_to_descr(a.dtype), 'shape': list(a.shape), 'sha256': fixtures.sha(a.tobytes('C'))}


def describe_state(state):
    # Pairs, not an object: `__proto__` is a name like any other.
    return [[name, describe(child.value)] for name, child in state.children.items()]


def build(tree):
    """Objects for the nodes of a tree: states of the given names, and containers, which may share and form cycles."""
    made = {}

    def make(i):
        if i in made:
            return made[i]
        node = tree[i]
        kind, children = node['kind'], node['children']
        if kind == 'state':
            made[i] = fixtures.NumpyState()
            made[i].children = {name: fixtures._Array(None) for name in node['names']}
        elif kind == 'list':
            made[i] = [make(child) for _, child in children]
        elif kind == 'dict':
            made[i] = {name: make(child) for name, child in children}
        else:
            made[i] = tf.train.Checkpoint() if kind == 'checkpoint' else tf.Module()
            if node.get('counter'):
                made[i]._maybe_create_save_counter()
            for name, child in children:
                setattr(made[i], name, make(child))
        return made[i]

    root = make(0)
    return root, {i: node for i, node in made.items() if tree[i]['kind'] == 'state'}


def restore_tree(prefix, tree, read):
    root, states = build(tree)
    status = root.read(prefix) if read else root.restore(prefix)
    status.assert_consumed()
    status.assert_existing_objects_matched()
    return root, states


@command
def restore(prefix, tree, read=False):
    root, states = restore_tree(prefix, tree, read)
    return {'states': {i: describe_state(s) for i, s in states.items()}, 'counter': None if read else int(root.save_counter)}


@command
def restore_run(prefix, names, variables):
    """A NumpyState `arrays` and variables of given shapes and dtypes: the digest of each."""
    arrays = fixtures.NumpyState()
    arrays.children = {name: fixtures._Array(None) for name in names}
    made = {name: tf.Variable(tf.zeros(shape, dtype)) for name, (shape, dtype) in variables.items()}
    status = tf.train.Checkpoint(arrays=arrays, **made).restore(prefix)
    status.assert_consumed()
    found = {name: child.value for name, child in arrays.children.items()}
    found.update({name: variable.numpy() for name, variable in made.items()})
    return {name: fixtures.sha(a.tobytes('C')) for name, a in found.items()}


@command
def resume(prefix, tree, base):
    """Restores, turns every array around, adds one, saves under the next number."""
    root, states = restore_tree(prefix, tree, False)
    for state in states.values():
        for child in state.children.values():
            child.value = np.flip(child.value)
        state.children['added'] = fixtures._Array(np.arange(5, dtype='>i4'))
    path = root.save(base)
    return {'prefix': path, 'states': {i: describe_state(s) for i, s in states.items()}, 'counter': int(root.save_counter)}


@command
def values(prefix, key, dtype):
    """The elements of one array as TensorFlow's own dtype, as numbers."""
    data = tf.train.load_checkpoint(prefix).get_tensor(key)
    a = np.load(fixtures.io.BytesIO(data), allow_pickle=False)
    return [repr(float(x)) for x in a[dtype].view(getattr(ml_dtypes, dtype)).astype(np.float64).reshape(-1)]


@command
def inspect(prefix):
    """Every tensor as expected.json of the fixtures describes it."""
    listed = [[key, list(shape)] for key, shape in tf.train.list_variables(prefix)]
    return {'listed': listed, 'variables': list(fixtures.variables(prefix))}


@command
def latest(directory):
    state = tf.train.get_checkpoint_state(directory)
    return {'latest': tf.train.latest_checkpoint(directory), 'all': state and list(state.all_model_checkpoint_paths)}


@command
def state(directory):
    """The state file as TensorFlow reads it."""
    found = tf.train.get_checkpoint_state(directory)
    return found and {
        'modelCheckpointPath': found.model_checkpoint_path, 'allModelCheckpointPaths': list(found.all_model_checkpoint_paths),
        'allModelCheckpointTimestamps': list(found.all_model_checkpoint_timestamps),
        'lastPreservedTimestamp': found.last_preserved_timestamp}


@command
def update_state(directory, newest, paths, times, preserved):
    """The state file that TensorFlow 1's function writes."""
    tf.compat.v1.train.update_checkpoint_state(
        directory, newest, all_model_checkpoint_paths=paths, all_model_checkpoint_timestamps=times,
        last_preserved_timestamp=preserved)
    with open(os.path.join(directory, 'checkpoint'), encoding='utf-8') as file:
        return file.read()


@command
def files(prefixes):
    """What TensorFlow 1's functions say about prefixes: which exist, and their times."""
    v1 = tf.compat.v1.train
    return {'exist': [v1.checkpoint_exists(prefix) for prefix in prefixes], 'times': v1.get_checkpoint_mtimes(prefixes)}


@command
def save_v1(prefix):
    """A checkpoint of tf.train.Saver with its .meta, in several shards."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for i in range(3):
            tf.compat.v1.get_variable(f'v{i}', initializer=np.float32(i), use_resource=False)
        session.run(tf.compat.v1.global_variables_initializer())
        return tf.compat.v1.train.Saver(sharded=True).save(session, prefix, global_step=7)
def kind_of(o):
    """What an object is, whatever class TensorFlow has put around it."""
    kinds = {fixtures.NumpyState: 'state', fixtures._Array: 'array', tf.train.Checkpoint: 'checkpoint', tf.Module: 'object',
             dict: 'object', list: 'list', tf.Variable: 'variable'}
    return next((kind for cls, kind in kinds.items() if isinstance(o, cls)), type(o).__name__)


@command
def list_objects(tree):
    return [kind_of(o) for o in checkpoint_lib.list_objects(build(tree)[0])]


@command
def object_metadata(prefix):
    return [fixtures.json_format.MessageToDict(node, preserving_proto_field_name=True)
            for node in checkpoint_lib.object_metadata(prefix).nodes]


@command
def reader(prefix):
    """What TensorFlow's reader says about a checkpoint."""
    opened = tf.train.load_checkpoint(prefix)
    return {
        'shapes': opened.get_variable_to_shape_map(),
        'dtypes': {key: dtype.name for key, dtype in opened.get_variable_to_dtype_map().items()},
        'debug': opened.debug_string().decode('utf-8', 'replace')}


@command
def saved_model(seed, directory):
    """A SavedModel of a tf.Module with variables, by themselves, in a list, a dict and a module."""
    rng = np.random.default_rng(seed)
    made = []

    def variable(key, dtype, shape):
        value = fixtures.array(rng, dtype, shape)
        made.append({'key': f'{key}/.ATTRIBUTES/VARIABLE_VALUE', 'dtype': dtype, 'shape': shape, 'sha256': fixtures.sha(value.tobytes())})
        return tf.Variable(value)

    model = tf.Module()
    model.w = variable('w', 'float32', [3, 4])
    model.layers = [variable('layers/0', 'float64', [5]), variable('layers/1', 'int32', [])]
    model.table = {'a/b': variable('table/a.Sb', 'bfloat16', [2, 2])}
    model.inner = tf.Module()
    model.inner.b = variable('inner/b', 'int64', [7])
    tf.saved_model.save(model, directory)
    return sorted(made, key=lambda v: v['key'])
def indices(root):
    """The place of an object among all below the root, breadth-first."""
    objects = tf.train.TrackableView(root).descendants()
    return objects, lambda o: next(i for i, other in enumerate(objects) if other is o)


@command
def trackable_view(tree):
    root, _ = build(tree)
    objects, index = indices(root)
    view = tf.train.TrackableView(root)
    return [[kind_of(o), [[name, index(child)] for name, child in view.children(o).items()]] for o in objects]


@command
def checkpoint_view(prefix):
    view = tf.train.CheckpointView(prefix)
    nodes = range(len(checkpoint_lib.object_metadata(prefix).nodes))
    return {'descendants': view.descendants(), 'children': [list(view.children(i).items()) for i in nodes]}


@command
def diff(prefix, tree):
    root, _ = build(tree)
    _, index = indices(root)
    matched, only_in_checkpoint, only_in_object = tf.train.CheckpointView(prefix).diff(root)
    return {'matched': [[i, index(o)] for i, o in matched.items()], 'onlyInCheckpoint': only_in_checkpoint,
            'onlyInObject': [index(o) for o in only_in_object]}


def random_array(rng):
    dtype = np.dtype(TYPES[rng.integers(len(TYPES))])
    shape = [int(d) for d in rng.integers(0, 5, rng.integers(0, 6))]
    shape = [int(rng.integers(500, 3000))] if rng.random() < 0.1 else shape
    count = int(np.prod(shape, dtype=np.int64))
    if dtype.kind == 'b':
        a = rng.integers(0, 2, count).astype(bool)
    elif dtype.kind == 'U':
        a = np.array([''.join(rng.choice(list('aé日😀'), 2)) for _ in range(count)], dtype)
    else:
        a = np.frombuffer(rng.bytes(count * dtype.itemsize), dtype)
    a = a.reshape(shape)
    how = rng.integers(4)
    if how == 1:
        a = np.asfortranarray(a)
    elif how == 2:
        a = a.T
    elif how == 3 and a.ndim > 0:
        a = np.flip(np.repeat(a, 2, axis=-1)[..., ::2])
    return a


def random_state(rng):
    names = rng.permutation(['w', 'a/b', 'a.b', '.S', 'é日本', '', '0', 'py_state', '😀', '__proto__'])[:rng.integers(0, 8)]
    return fixtures.NumpyState(**{str(name): random_array(rng) for name in names})


@command
def save(seed, base, write, max_shard_bytes=None):
    """A random Checkpoint, saved or written."""
    rng = np.random.default_rng(seed)
    states = {'numpy_arrays': random_state(rng), 'deep': random_state(rng), 'listed': random_state(rng), 'moduled': random_state(rng)}
    # TensorFlow's sharding policy leaves out tensors without elements, so there are none when it is used.
    shortest = 0 if max_shard_bytes is None else 1
    arrays = [fixtures.array(rng, d, [int(x) for x in rng.integers(shortest, 12, rng.integers(0, 4))])
              for d in rng.permutation(fixtures.SLICEABLE + ['bfloat16'])]
    module = tf.Module()
    module.inner, module.again = states['moduled'], states['numpy_arrays']
    checkpoint = tf.train.Checkpoint(
        numpy_arrays=states['numpy_arrays'], table={'a/x': {'y': states['deep']}}, layers=[[], [states['listed']]], module=module,
        values=[tf.Variable(a) for a in arrays])
    options = None
    if max_shard_bytes is not None:
        policy = tf.train.experimental.MaxShardSizePolicy(max_shard_size=max_shard_bytes)
        options = tf.train.CheckpointOptions(experimental_sharding_callback=policy)
    prefix = (checkpoint.write if write else checkpoint.save)(base, options=options)
    variables = [{'key': f'values/{i}/.ATTRIBUTES/VARIABLE_VALUE', 'dtype': tf.as_dtype(a.dtype).name, 'shape': list(a.shape),
                  'sha256': fixtures.sha(a.tobytes('C'))} for i, a in enumerate(arrays)]
    return {'prefix': prefix, 'states': {name: describe_state(s) for name, s in states.items()}, 'variables': variables}


@command
def save_slices(seed, prefix):
    """Tensors cut at random along one axis, in random order."""
    rng = np.random.default_rng(seed)
    items, specs, expected = [], [], []
    for n, dtype in enumerate(fixtures.SLICEABLE + ['uint16', 'float16', 'float8_e5m2']):
        shape = [int(x) for x in rng.integers(1, 90, rng.integers(1, 4))]
        axis = int(rng.integers(len(shape)))
        cuts = [0, *sorted({int(x) for x in rng.integers(0, shape[axis], 4)} - {0}), shape[axis]]
        a = fixtures.array(rng, dtype, shape)
        for i in rng.permutation(len(cuts) - 1):
            start, end = cuts[i], cuts[i + 1]
            part = ':'.join(f'{start},{end - start}' if k == axis else '-' for k in range(len(shape)))
            items.append((f't{n}', tf.constant(a.take(range(start, end), axis))))
            specs.append(f'{" ".join(map(str, shape))} {part}')
        expected.append({'key': f't{n}', 'dtype': dtype, 'shape': shape, 'sha256': fixtures.sha(a.tobytes())})
    fixtures.save_v2(prefix, items, specs)
    return sorted(expected, key=lambda v: v['key'])


class OldArray(trackable_base.Trackable):
    """An array as TensorFlow up to 1.11 saved it: under the attribute `array`."""

    def __init__(self, value):
        self.value = value

    def _serialize_to_tensors(self):
        out = fixtures.io.BytesIO()
        np.save(out, self.value, allow_pickle=False)
        return {'array': tf.constant(out.getvalue())}


@command
def save_old(base):
    state = fixtures.NumpyState()
    state.children = {'x': OldArray(np.arange(6, dtype='<i4').reshape(2, 3)), 'y': OldArray(np.float64(2.5))}
    return {'prefix': tf.train.Checkpoint(numpy_arrays=state).save(base), 'states': {'numpy_arrays': describe_state(state)}}


def slot_objects():
    """The objects of the fixture `slots`, all values zero, and all that it saves, by the names in TensorFlow's own objects."""
    module = tf.Module()
    module.w, module.b = tf.Variable(tf.zeros([4, 5]), name='w'), tf.Variable(tf.zeros([5]), name='b')
    adam = tf.compat.v1.train.AdamOptimizer(0.1)
    momentum = tf.compat.v1.train.MomentumOptimizer(0.1, 0.9)

    def values():
        found = {'w': module.w, 'b': module.b}
        for name, optimizer in [('adam', adam), ('momentum', momentum)]:
            for variable in [module.w, module.b]:
                for slot in optimizer.get_slot_names():
                    found[f'{variable.name[0]}/{name}/{slot}'] = optimizer.get_slot(variable, slot)
        found['beta1_power'], found['beta2_power'] = adam._get_beta_accumulators()
        return {key: [v.dtype.name, list(v.shape), fixtures.sha(v.numpy().tobytes())] for key, v in found.items() if v is not None}

    return tf.train.Checkpoint(model=module, adam=adam, momentum=momentum), adam, module, values


@command
def restore_slots(prefix, read=False):
    checkpoint, adam, module, values = slot_objects()
    status = (checkpoint.read if read else checkpoint.restore)(prefix)
    # Adam's powers are made when it first needs them, and take their values then.
    adam._create_slots([module.w, module.b])
    status.assert_consumed()
    status.assert_existing_objects_matched()
    return values()


@command
def save_slots(prefix):
    """A checkpoint like the fixture's, after steps of its own."""
    checkpoint, adam, module, values = slot_objects()
    momentum = checkpoint.momentum
    for _ in range(3):
        adam.minimize(lambda: tf.reduce_sum((module.w - 1.0) ** 2) + tf.reduce_sum((module.b + 2.0) ** 2))
        momentum.minimize(lambda: tf.reduce_sum(module.w ** 3))
    return {'prefix': checkpoint.write(prefix), 'values': values()}


class JsonObject(tf.train.experimental.PythonState):
    def __init__(self, value):
        self.value = value

    def serialize(self):
        return json.dumps(self.value)

    def deserialize(self, string_value):
        self.value = json.loads(string_value)


def containers(x, config):
    """Lists, dicts and JSON, each number of `x` in a variable of its own."""
    v = [tf.Variable(tf.constant(value, tf.float64)) for value in x]
    module, state = tf.Module(), JsonObject(config)
    module.first, module.second = v[4], v[5]
    checkpoint = tf.train.Checkpoint(list=[v[0], [v[1]]], mapping={'a/b': v[2], '__proto__': v[3]}, split=module, config=state)
    return checkpoint, lambda: {'x': [float(value.numpy()) for value in v], 'config': state.value}


@command
def save_containers(prefix, x, config):
    return containers(x, config)[0].write(prefix)


@command
def restore_containers(prefix):
    checkpoint, values = containers([0.0] * 6, None)
    checkpoint.read(prefix).assert_consumed()
    return values()


def main():
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {'result': COMMANDS[request.pop('command')](**request)}
        except Exception as error:  # pylint: disable=broad-except -- the test decides what it means
            answer = {'error': type(error).__name__, 'message': str(error)}
        ANSWERS.write(json.dumps(answer) + '\n')
        ANSWERS.flush()


if __name__ == '__main__':
    main()
