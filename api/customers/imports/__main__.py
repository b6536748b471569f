"""`python -m api.customers.imports FILE SPOOL OPTIONS`: read a customer file into a spool, in a process of its own.

The service starts it, so that a file of a million rows never shares the live engine's loop.
"""

import json
import sys
from pathlib import Path

from api.customers.imports.spool import fill
from callcenter.config.directory_columns import read_directory_columns
from callcenter.customers.life import Tiers
from callcenter.errors import BadInput


def main(words: list[str]) -> int:
    """Read the file; say on standard output what was found, on standard error how far it is or what is wrong."""
    path, spool, options = Path(words[0]), Path(words[1]), json.loads(words[2])
    try:
        columns = read_directory_columns(options["columns"], "columns")
        found = fill(
            spool, path, options["source"], columns, Tiers(*options["tiers"]), options["region"],
            lambda rows, _: print(f"{rows} rows", file=sys.stderr, flush=True),
        )  # fmt: skip
    except BadInput as bad:
        print(bad, file=sys.stderr)
        return 2
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
