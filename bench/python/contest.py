"""One contest of a Python library: the counterpart of harness/save.mjs and harness/restore.mjs.

Reads a task and answers as JSON lines from standard input, writes questions and the result to
standard output. Standard output of libraries goes to standard error.
"""

import gc
import importlib
import json
import os
import shutil
import sys
import time

import measure

QUESTIONS = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


def say(message):
    QUESTIONS.write(json.dumps(message) + "\n")
    QUESTIONS.flush()


def ask(service):
    say({"ask": service})
    if not sys.stdin.readline():
        # Nobody waits any more.
        sys.exit(0)


def main():
    task = json.loads(sys.stdin.readline())
    try:
        way = importlib.import_module(task["python"]["way"])
    except ImportError as error:
        say({"result": {"unsupported": f"import failed: {error}"}})
        return
    measures = {"save": measure_save, "restore": measure_restore}
    say({"result": measures[task["kind"]](way, task)})


def measure_save(way, task):
    import state

    arrays = state.make(task["shared"])
    save = way.Save(arrays)
    before = measure.memory()
    measure.reset_peak()
    ask("watch")
    samples = []
    size = 0
    for i in range(task["saves"]):
        target = os.path.join(task["directory"], "kept" if task.get("keep") else f"save-{i}")
        os.makedirs(target)
        if i > 0 and task.get("change"):
            state.change(arrays, task["change"], i)
            # Arrays that a library holds for itself, as TensorFlow's variables, change as well.
            getattr(save, "changed", lambda *_: None)(task["change"], i)
        gc.collect()
        ask("warm")
        samples.append(measure.timed_save(save.save, target))
        size = sum(os.path.getsize(path) for path in measure.files_in(target))
        if not task.get("keep"):
            shutil.rmtree(target)
            measure.sync(task["directory"])
            time.sleep(0.2)
    peak = measure.memory()["peak"] - before["rss"]
    return {"samples": samples, "bytes": size, "peak": peak}


def measure_restore(way, task):
    import state

    specs = state.specs(task["shared"])
    ask("watch")
    samples = []
    for _ in range(task["restores"]):
        restore = way.Restore(specs, task["python"]["restore"])
        gc.collect()
        ask("warm")
        ask("drop" if task["cold"] else "fill")
        measure.reset_peak()
        before = measure.memory()
        sample = measure.timed(lambda: restore.restore(task["directory"]))
        after = measure.memory()
        if task["touch"]:
            sample["read"] = measure.timed(restore.read_pages)["wall"]
            sample["update"] = measure.timed(restore.negate_pages)["wall"]
            # Back, so that the check finds what was saved.
            restore.negate_pages()
        state.check(task["shared"], restore.arrays())
        sample["growth"] = after["rss"] - before["rss"]
        sample["peak"] = after["peak"] - before["rss"]
        samples.append(sample)
        del restore
    return {"samples": samples}


if __name__ == "__main__":
    main()
