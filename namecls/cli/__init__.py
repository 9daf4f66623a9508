"""The command line: `namecls train`, `predict`, `evaluate`, `explain`, `data`, `runs` and `import-tutorial`.

One module per group of commands. Torch and the table library are imported inside the commands, so that `--help`
and a mistyped option answer at once.
"""

from namecls.cli.app import main

__all__ = ["main"]
