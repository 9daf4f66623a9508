"""Build `data/names.tsv`: family names, each under the people that bears it.

The recipe, in words:

1. Fetch four wheels at pinned versions with pip, compare their SHA-256 with the ones written
   in `recipe.py`, and read them as zip archives. Nothing in them is installed or executed.
2. Take from name2nat the people of English Wikipedia with their nationalities. Clean each
   name, find the family name in it, and count the family names per label.
3. Take lists of family names from mimesis, Faker and rname for the peoples that name2nat does
   not know or knows few of. Georgian and Kazakh lists are transliterated. A few names come from
   spellings that only one people has, and three short lists are written by hand.
4. Give every name a rate per label (bearers by size of the label) and keep it under the labels
   that hold a large enough share of its rates. A name may stand under several labels.
5. Drop labels with too few names; write `name<TAB>label<TAB>bearers`, sorted, one pair a line,
   below the titles of these columns; the bearers as `bearers.py` counts them, at least 1.

`recipe.py` holds the tables and thresholds, `sources.py` reads and counts, `README.md` has the reasons.

Usage:

    python data/build.py                 fetch the wheels and write data/names.tsv
    python data/build.py --wheels DIR    use wheels that are already in DIR
    python data/build.py --check         build in memory, exit 1 if the file differs
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import bearers
import recipe
import sources
from sources import Counts, Rates

TITLES = ("name", "label", "bearers")
OUTPUT = Path(__file__).resolve().parent / "names.tsv"


def keep_counted(label: str, bearers: int, by_label: dict[str, float]) -> bool:
    """Tell whether a name with several bearers in the label stands under it."""
    share = by_label[label] / sum(by_label.values())
    if bearers >= recipe.MIN_BEARERS and share >= recipe.MIN_SHARE:
        return True
    if bearers >= recipe.COMMON_BEARERS and share >= recipe.COMMON_SHARE:
        return True
    return bearers >= recipe.SOLID_BEARERS and by_label[label] == max(by_label.values())


def letters_of(names: Iterable[str]) -> set[str]:
    """Return the letters that several of the names have."""
    found = Counter(letter for name in names for letter in set(name.lower()))
    return {letter for letter, count in found.items() if count >= recipe.LETTER_NAMES}


def choose(counts: Counts, elsewhere: Counter[str], lists: Rates) -> Rates:
    """Return label -> name -> rate for the names that are kept."""
    rates = sources.bearer_rates(counts)
    sources.merge_lists(lists, rates)
    kept: Rates = defaultdict(dict)
    singles: dict[str, list[str]] = defaultdict(list)
    for name, by_label in rates.items():
        for label, rate in by_label.items():
            bearers = counts[label][name] if label in counts else 0
            listed = label in lists.get(name, {})
            if (listed and sources.keep_listed(label, by_label)) or keep_counted(label, bearers, by_label):
                kept[label][name] = rate
            elif len(by_label) == 1 and elsewhere[name] <= recipe.MAX_ELSEWHERE:
                singles[label].append(name)
    for label, names in singles.items():
        if label not in recipe.NO_SINGLES and counts[label].total() < recipe.SMALL_LABEL:
            letters = letters_of(kept[label])
            for name in names:
                if set(name.lower()) <= letters - set(" -"):
                    kept[label][name] = rates[name][label]
    return kept


def select(kept: Rates) -> list[tuple[str, str]]:
    """Return the sorted (name, label) pairs: labels that are large enough, cut to size."""
    pairs: list[tuple[str, str]] = []
    for label, names in kept.items():
        if len(names) >= recipe.MIN_NAMES:
            ranked = sorted(names, key=lambda name: (-names[name], name))
            pairs += [(name, label) for name in ranked[: recipe.MAX_NAMES]]
    return sorted(pairs)


def build(folder: Path) -> bytes:
    """Return the content of names.tsv, built from the wheels in `folder`."""
    archives = bearers.open_wheels(folder)
    gathered = sources.gather(sources.read_people(archives["name2nat"]))
    counts = {label: sources.count_family_names(label, gathered[label]) for label in sorted(gathered)}
    lists, rates = sources.read_lists(archives, counts), bearers.listed_rates(archives, counts)
    elsewhere = counts.pop("")
    borne = {(name, label): number for name, label, number in bearers.choose(counts, rates)}
    rows = [(*pair, borne.get(pair, 1)) for pair in select(choose(counts, elsewhere, lists))]
    return "".join("\t".join(map(str, row)) + "\n" for row in [TITLES, *rows]).encode()


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Build data/names.tsv from pinned wheels.")
    parser.add_argument("--wheels", type=Path, help="folder with wheels downloaded before")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="file to write")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        content = build(options.wheels or Path(temporary))
    if options.check:
        same = options.output.is_file() and options.output.read_bytes() == content
        print(f"{options.output}: {'up to date' if same else 'differs'}")
        return 0 if same else 1
    options.output.write_bytes(content)
    rows = len(content.splitlines()) - 1
    print(f"{options.output}: {rows:,} rows, {len(content)} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
