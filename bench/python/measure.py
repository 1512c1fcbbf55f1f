"""Clock, memory and syncing. Milliseconds and bytes."""

import os
import time


def timed(body):
    cpu = time.process_time()
    begin = time.monotonic()
    body()
    wall = 1000 * (time.monotonic() - begin)
    return {"call": wall, "wall": wall, "cpu": 1000 * (time.process_time() - cpu)}


def timed_save(save, target):
    """`call`: the library's own save; `wall`: until all of it is synced, too."""
    cpu = time.process_time()
    begin = time.monotonic()
    save(target)
    saved = time.monotonic()
    for path in files_in(target):
        sync(path)
    sync(target)
    durable = time.monotonic()
    return {
        "call": 1000 * (saved - begin),
        "wall": 1000 * (durable - begin),
        "cpu": 1000 * (time.process_time() - cpu),
    }


def files_in(directory):
    return [
        os.path.join(parent, name) for parent, _, names in os.walk(directory) for name in names
    ]


def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def memory():
    with open("/proc/self/status", encoding="latin1") as status:
        fields = dict(line.split(":", 1) for line in status if ":" in line)
    return {
        "rss": 1024 * int(fields["VmRSS"].split()[0]),
        "peak": 1024 * int(fields["VmHWM"].split()[0]),
    }


def reset_peak():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
