"""What tests can ask for: tf_worker.py runs the functions that are registered here, each by its name."""
COMMANDS = {}


def command(f):
    assert f.__name__ not in COMMANDS, f.__name__
    COMMANDS[f.__name__] = f
    return f
