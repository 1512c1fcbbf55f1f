"""torch.save and torch.load, also mapped."""

import os

import torch

from pages import PAGE


class Save:
    def __init__(self, arrays):
        self.tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}

    def save(self, directory):
        torch.save(self.tensors, os.path.join(directory, "state.pt"))


class Restore:
    def __init__(self, specs, restore):
        self.mapped = restore == "load mapped"
        self.tensors = {}

    def restore(self, directory):
        path = os.path.join(directory, "state.pt")
        self.tensors = torch.load(path, mmap=self.mapped, weights_only=True)

    def arrays(self):
        return {name: tensor.numpy() for name, tensor in self.tensors.items()}

    def read_pages(self):
        return sum(float(t.view(-1)[::PAGE].sum()) for t in self.tensors.values())

    def negate_pages(self):
        for tensor in self.tensors.values():
            tensor.view(-1)[::PAGE].neg_()
