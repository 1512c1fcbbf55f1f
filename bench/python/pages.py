"""Restored NumPy arrays: one element of every memory page read, or changed."""

PAGE = 4096 // 4


class NumpyArrays:
    """Base of what restores NumPy arrays into `self.restored`, a dict by name."""

    def __init__(self, specs, restore):
        self.specs = specs
        self.way = restore
        self.restored = {}

    def arrays(self):
        return self.restored

    def read_pages(self):
        return sum(float(flat[::PAGE].sum()) for flat in self._flat())

    def negate_pages(self):
        for flat in self._flat():
            flat[::PAGE] *= -1

    def _flat(self):
        return [array.reshape(-1) for array in self.restored.values()]
