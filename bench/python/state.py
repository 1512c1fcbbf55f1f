"""The arrays of a workload, as workloads/state.mjs makes them: NumPy's, of shared noise."""

import json
import os

import numpy as np


def specs(shared):
    with open(os.path.join(shared, "specs.json"), encoding="utf8") as file:
        return [(f"{s['group']}/{s['name']}", tuple(s["shape"])) for s in json.load(file)]


def _noise(shared):
    return np.fromfile(os.path.join(shared, "noise"), dtype="<f4")


def _start(index, noise):
    return index * 7919 % len(noise)


def make(shared):
    """A dict from name to array, in the order of the specs."""
    noise = _noise(shared)
    return {
        name: _content(noise, _start(index, noise), shape)
        for index, (name, shape) in enumerate(specs(shared))
    }


def _content(noise, start, shape):
    array = np.empty(int(np.prod(shape)), "<f4")
    at = 0
    while at < array.size:
        part = noise[start : start + array.size - at]
        array[at : at + part.size] = part
        at += part.size
        start = 0
    return array.reshape(shape)


def change(arrays, share, round_number):
    step = max(1, round(1 / share))
    for index, array in enumerate(arrays.values()):
        if index % step == round_number % step:
            np.negative(array, out=array)


def changed(arrays, share, round_number):
    """The names of those that `change` changes."""
    step = max(1, round(1 / share))
    return [name for i, name in enumerate(arrays) if i % step == round_number % step]


def check(shared, arrays):
    """Raises unless the first, the last and a middle element of each array are what was saved."""
    noise = _noise(shared)
    expected_names = specs(shared)
    if len(arrays) != len(expected_names):
        raise ValueError(f"{len(arrays)} arrays were restored")
    for index, (name, shape) in enumerate(expected_names):
        flat = np.asarray(arrays[name]).reshape(-1)
        size = int(np.prod(shape))
        for i in (0, size >> 1, size - 1):
            expected = noise[(_start(index, noise) + i) % len(noise)]
            if flat.size != size or flat[i] != expected:
                raise ValueError(f"'{name}' was restored wrong at {i}: {flat[i]}, not {expected}")
