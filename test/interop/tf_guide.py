"""Runs the Python blocks of the guide's pages."""
import os

from tf_commands import command

NAMES = {}


@command
def run_block(page, source, directory):
    """Blocks of one page share their names. What they print is told with the line."""
    printed = []

    def at(line):
        return lambda *values: printed.append({'line': line, 'text': ' '.join(map(str, values))})

    names = NAMES.setdefault(page, {'at': at})
    names['at'] = at
    os.chdir(directory)
    exec(compile(source, page, 'exec'), names)
    return printed
