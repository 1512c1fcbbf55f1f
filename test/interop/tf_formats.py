"""Files of NumPy, safetensors and PyTorch: read and written by their own libraries."""
import importlib.util

import make_fixtures as fixtures
import ml_dtypes
import numpy as np
import tensorflow as tf
from tf_commands import command


@command
def missing_modules(names):
    return [name for name in names if importlib.util.find_spec(name) is None]


def describe(a):
    a = np.asarray(a)
    if a.dtype.byteorder == '>':
        a = a.astype(a.dtype.newbyteorder('<'))
    # NumPy takes bytes for a scalar of them, so the order of the memory comes first.
    return {'dtype': str(a.dtype), 'shape': list(a.shape), 'sha256': fixtures.sha(a.tobytes('C'))}


def describe_all(arrays):
    return {name: describe(arrays[name]) for name in sorted(arrays)}


def arrays_of(spec):
    """Arrays by name: {"dtype", "shape", "hex", "order"}, of NumPy's dtypes and those of ml_dtypes."""
    def make(dtype, shape, hex, order='C'):
        dtype = getattr(ml_dtypes, dtype) if hasattr(ml_dtypes, dtype) else dtype
        return np.asarray(np.frombuffer(bytes.fromhex(hex), dtype).reshape(shape), order=order)
    return {name: make(**value) for name, value in spec.items()}


@command
def load_npz(path):
    with np.load(path, allow_pickle=False) as found:
        return describe_all({name: found[name] for name in found.files})


@command
def load_npy(path, mmap=None):
    found = np.load(path, mmap_mode=mmap, allow_pickle=False)
    return {**describe(found), 'fortran': bool(found.flags.fnc)}


@command
def save_numpy(path, arrays, how):
    arrays = arrays_of(arrays)
    if how == 'save':
        np.save(path, *arrays.values())
    else:
        getattr(np, how)(path, **arrays)
    return describe_all(arrays)


# Its NumPy part names dtypes that NumPy does not have; what it parses is the same without that part.
FLOAT8 = {'F8_E4M3': ml_dtypes.float8_e4m3fn, 'F8_E5M2': ml_dtypes.float8_e5m2}


@command
def load_safetensors(path):
    import safetensors
    from safetensors.numpy import load_file
    with safetensors.safe_open(path, 'np') as file:
        metadata = file.metadata()
    with open(path, 'rb') as file:
        data = file.read()
    raw = dict(safetensors.deserialize(data))
    if any(value['dtype'] in FLOAT8 for value in raw.values()):
        tensors = {name: np.frombuffer(bytes(value['data']), FLOAT8[value['dtype']]).reshape(value['shape']) for name, value in raw.items()}
    else:
        tensors = load_file(path)
    return {'metadata': metadata, 'tensors': describe_all(tensors)}


@command
def save_safetensors(path, arrays, metadata=None):
    from safetensors.numpy import save_file
    arrays = arrays_of(arrays)
    save_file(arrays, path, metadata)
    return describe_all(arrays)


def describe_torch(tensor):
    import torch
    bits = tensor.contiguous().reshape(-1).view(torch.uint8)
    dtype = str(tensor.dtype).removeprefix('torch.')
    return {'dtype': dtype, 'shape': list(tensor.shape), 'sha256': fixtures.sha(bits.numpy().tobytes())}


@command
def load_torch(path):
    from safetensors.torch import load_file
    found = load_file(path)
    return {name: describe_torch(found[name]) for name in sorted(found)}


@command
def save_torch(path, arrays):
    import torch
    from safetensors.torch import save_file

    def make(dtype, shape, hex):
        return torch.frombuffer(bytearray.fromhex(hex), dtype=getattr(torch, dtype)).reshape(shape)
    tensors = {name: make(**value) for name, value in arrays.items()}
    save_file(tensors, path)
    return {name: describe_torch(tensors[name]) for name in sorted(tensors)}


@command
def load_tensors(prefix):
    """All tensors of a checkpoint by name."""
    reader = tf.train.load_checkpoint(prefix)
    return describe_all({name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()})


@command
def read_into_variables(prefix):
    """Reads `layer/kernel`, `layer/bias` and `step` into variables, by object."""
    layer = tf.Module()
    layer.kernel, layer.bias = tf.Variable(tf.zeros([2, 3])), tf.Variable(tf.zeros([3], tf.bfloat16))
    step = tf.Variable(0, dtype=tf.int64)
    root = tf.train.Checkpoint(layer=layer, step=step)
    status = root.read(prefix)
    status.assert_consumed()
    status.assert_existing_objects_matched()
    return describe_all({'layer/kernel': layer.kernel.numpy(), 'layer/bias': layer.bias.numpy(), 'step': step.numpy()})


@command
def save_model(base):
    """A Keras model after a step of Adam, and its weights by their paths in the checkpoint."""
    import keras
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.layers.Dense(3, name='first'), keras.layers.Dense(1, name='second')])
    model.compile('adam', 'mse')
    model.fit(np.ones([4, 5]), np.ones([4, 1]), verbose=0)
    prefix = tf.train.Checkpoint(model=model).save(base)
    reader = tf.train.load_checkpoint(prefix)
    values = {key: reader.get_tensor(key) for key, dtype in reader.get_variable_to_dtype_map().items() if dtype != tf.string}
    return {'prefix': prefix, 'values': describe_all(values)}
