"""``python -m namecls``: the command line."""

from namecls.cli import main

main()
