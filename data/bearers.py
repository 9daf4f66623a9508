"""Count bearers: how many people of each people bear a family name, for the counts beside the shipped model.

The people of name2nat are counted as `sources.py` finds them; what they lack comes from lists: numbers where a list has
them, an order, or one rate for all of its names. Lists in other scripts are taken as they are. A listed name has as
many bearers as its rate says of as many people as name2nat has of the label, but of at least `LIST_PEOPLE`.

Usage:

    python data/bearers.py FILE                fetch the wheels, write name<TAB>label<TAB>bearers
    python data/bearers.py FILE --wheels DIR   use wheels that are already in DIR
"""

import argparse
import re
import sys
import tempfile
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import recipe
import sources

Row = tuple[str, str, int]


class Source(NamedTuple):
    """A list of family names inside a wheel.

    `keys` are the JSON keys or Python variables to read, the column of a CSV file, or nothing for a table with running
    totals. `order`: the names stand in the order of their bearers. `share`: of the people, who bear the listed names,
    where the list has numbers or an order.
    """

    wheel: str
    path: str
    label: str
    keys: tuple[str, ...] = ()
    script: str = "latin"
    order: bool = False
    share: float = 1.0


JAPANESE = recipe.Wheel(
    "japanese-personal-name-dataset",
    "0.4.0",
    "japanese_personal_name_dataset-0.4.0-py3-none-any.whl",
    "81e771871ef9c11510c9f28736b734e7d321f69e175cbc4f22064360c125db23",
)


def _mimesis(locale: str, label: str, script: str = "latin") -> Source:
    return Source("mimesis", f"mimesis/datasets/{locale}/person.json", label, ("surnames",), script)


def _faker(
    locale: str, label: str, *keys: str, script: str = "latin", order: bool = False, share: float = 1.0
) -> Source:
    path = f"faker/providers/person/{locale}/__init__.py"
    return Source("Faker", path, label, keys or ("last_names",), script, order, share)


def _japanese(column: str, script: str) -> Source:
    path = "japanese_personal_name_dataset/dataset/last_name_org.csv"
    return Source(JAPANESE.project, path, "Japanese", (column,), script, share=0.9)


# Beside the lists of `recipe.py`: those that tell numbers or an order.
LISTS = (
    _faker("es_CL", "Spanish", share=0.5),
    _faker("es_CO", "Spanish", share=0.5),
    _faker("sv_SE", "Swedish", share=0.3),
    _faker("da_DK", "Danish", order=True, share=0.5),
    _faker("fi_FI", "Finnish", share=0.4),
    _faker("sl_SI", "Slovenian", order=True, share=0.15),
    _faker("hu_HU", "Hungarian", share=0.3),
    _faker("en_KE", "Kenyan", share=0.65),
    # In the scripts of the peoples.
    _japanese("0", "han"),
    _japanese("2", "kana"),
    _mimesis("ja", "Japanese", "han"),
    _faker("ko_KR", "Korean", script="hangul", share=0.9),
    _mimesis("ko", "Korean", "hangul"),
    _faker("zh_CN", "Chinese", script="han", share=0.9),
    _faker("zh_TW", "Chinese", script="han", share=0.05),
    _mimesis("zh", "Chinese", "han"),
    _faker("ru_RU", "Russian", "last_names_male", script="cyrillic", order=True, share=0.15),
    _faker("ru_RU", "Russian", "last_names_female", script="cyrillic", order=True, share=0.15),
    _mimesis("ru", "Russian", "cyrillic"),
    _faker("uk_UA", "Ukrainian", "last_names_common", script="cyrillic"),
    _mimesis("uk", "Ukrainian", "cyrillic"),
    _faker("bg_BG", "Bulgarian", "last_names_male", "last_names_female", script="cyrillic"),
    _faker("mk_MK", "Macedonian", "last_names_male", "last_names_female", script="cyrillic"),
    _mimesis("kk", "Kazakh", "cyrillic"),
    _faker("el_GR", "Greek", "last_names_male", "last_names_female", script="greek"),
    _mimesis("el", "Greek", "greek"),
    _faker("hy_AM", "Armenian", script="armenian"),
    _faker("ka_GE", "Georgian", script="mkhedruli"),
    _faker("he_IL", "Israeli", script="hebrew", share=0.4),
    _faker("ar_AA", "Arabic", script="arabic"),
    _faker("ar_DZ", "Arabic", script="arabic"),
    _mimesis("ar", "Arabic", "arabic"),
    _mimesis("ar-dz", "Arabic", "arabic"),
    _mimesis("ar-sy", "Arabic", "arabic"),
    _mimesis("ar-eg", "Arabic", "arabic"),
    _mimesis("ar-sa", "Arabic", "arabic"),
    _faker("fa_IR", "Iranian", script="arabic"),
    _mimesis("fa", "Iranian", "arabic"),
    _faker("hi_IN", "Indian", script="devanagari"),
    _faker("mr_IN", "Indian", script="devanagari"),
    _faker("or_IN", "Indian", script="oriya"),
    _faker("ne_NP", "Nepalese", script="devanagari"),
    _faker(
        "bn_BD",
        "Bangladeshi",
        "last_names_common",
        "last_names_hinduism",
        "last_names_islamic",
        script="bengali",
    ),
    _faker("th_TH", "Thai", script="thai"),
)

#: In a list in the order of bearers the rate of the name at rank r (from 1) goes with 1 / (r + this).
ORDER_OFFSET = 2
#: People of whom a list tells rates, at the least.
LIST_PEOPLE = 10_000
#: A label is known from lists alone if fewer of its bearers than this share are people of name2nat.
MOSTLY_LISTED = 0.1
#: A name that is on no list is counted if it has so many bearers under all labels together.
LEAST_BEARERS = 2

# What the names of the letters of a script begin with in Unicode. Georgian and Kazakh lists are transliterated too.
SCRIPTS = {
    "latin": "LATIN",
    "han": ("CJK", "IDEOGRAPHIC ITERATION MARK"),
    "kana": "HIRAGANA",
    "hangul": "HANGUL",
    "cyrillic": "CYRILLIC",
    "greek": "GREEK",
    "armenian": "ARMENIAN",
    "mkhedruli": "GEORGIAN",
    "hebrew": "HEBREW",
    "arabic": "ARABIC",
    "devanagari": "DEVANAGARI",
    "oriya": "ORIYA",
    "bengali": "BENGALI",
    "thai": "THAI",
}

# Serbian is written in two alphabets, letter by letter the same.
SERBIAN_CYRILLIC = dict(
    pair.split(":")
    for pair in [
        "lj:љ",
        "nj:њ",
        "dž:џ",
        "a:а",
        "b:б",
        "v:в",
        "g:г",
        "d:д",
        "đ:ђ",
        "e:е",
        "ž:ж",
        "z:з",
        "i:и",
        "j:ј",
        "k:к",
        "l:л",
        "m:м",
        "n:н",
        "o:о",
        "p:п",
        "r:р",
        "s:с",
        "t:т",
        "ć:ћ",
        "u:у",
        "f:ф",
        "h:х",
        "c:ц",
        "č:ч",
        "š:ш",
    ]
)

# Spelled as only Turks spell, whatever the nationality of the bearers; not the names that these labels have as well.
TURKISH, ALSO = re.compile(r"[^əƏăâîț]*[şŞ][^əƏăâîț]*\Z"), ("Azerbaijani", "Romanian")


def items(value: Any) -> Iterator[tuple[str, float]]:
    """Yield (name, weight) of a list of names, of such pairs, or of a dict of either; 1 where none is told."""
    if isinstance(value, dict):
        for key, inner in sorted(value.items()):
            yield from items(inner) if isinstance(inner, list) else [(key, float(inner))]
    elif isinstance(value, str):
        yield value, 1.0
    else:
        for item in value:
            if isinstance(item, str):
                yield item, 1.0
            else:
                yield str(item[0]), float(item[1]) if isinstance(item[1], int | float) else 1.0


def read_rates(source: Source, archive: zipfile.ZipFile) -> dict[str, float]:
    """Read a list of family names with a rate for each: the share of its people who bear it."""
    if source.path.endswith(".csv"):
        table = [line.split(",") for line in archive.read(source.path).decode().splitlines()]
        listed = [(row[int(source.keys[0])], float(row[1])) for row in table if len(row) > 2]
    elif not source.keys:
        content = sources.read_json(archive, source.path)
        totals = content["Totals"]
        listed = [(n, t - b) for n, t, b in zip(content["Names"], totals, [0, *totals], strict=False)]
    else:
        if source.path.endswith(".json"):
            content = sources.read_json(archive, source.path)
        else:
            content = sources.class_constants(archive.read(source.path))
        listed = [pair for key in source.keys for pair in items(content[key])]
    weights: Counter[str] = Counter()
    numbered = len({weight for _, weight in listed}) > 1
    for rank, (raw, weight) in enumerate(listed, 1):
        if name := clean(raw, source.script):
            value = 1 / (rank + ORDER_OFFSET) if source.order else weight
            weights[name] = weights[name] + value if numbered else max(weights[name], value)
    for name in sources.plain_forms(source.label, weights) - set(weights):
        weights[name] = 1.0
    if source.label == "Icelandic":  # every patronymic has a form for men and one for women
        for name in list(weights):
            weights[re.sub(r"son\Z", "dóttir", name)] = weights[re.sub(r"dóttir\Z", "son", name)] = 1.0
    if source.order or numbered:
        total = sum(weights.values())
        return {name: source.share * weight / total for name, weight in weights.items()}
    return dict.fromkeys(weights, min(1 / len(weights), recipe.LIST_RATE_CAP))


def clean(raw: str, script: str) -> str:
    """Return a name of a list in the form of the dataset, or an empty text."""
    if script == "latin" or script not in SCRIPTS:
        return sources.clean_listed(raw, script)
    name = sources.normalise(raw)
    letters = [unicodedata.name(letter, "") for letter in name if letter.isalpha()]
    fits = letters and all(letter.startswith(SCRIPTS[script]) for letter in letters)
    return name if fits and len(name) <= 30 else ""


def in_cyrillic(name: str) -> str:
    """Write a Serbian name in the other alphabet of Serbian; empty if a letter is none of Serbian."""
    table = SERBIAN_CYRILLIC
    found = re.findall("|".join(table) + "|.", name.lower())
    return "".join(table.get(letter, "") for letter in found).capitalize() if set(found) <= set(table) else ""


def listed_rates(archives: dict[str, zipfile.ZipFile], counts: sources.Counts) -> sources.Rates:
    """Return name -> label -> rate for all names that are listed, or spelled as only one people spells."""
    lists = sources.read_lists(archives, counts)
    tables = [(source.label, read_rates(source, archives[source.wheel])) for source in LISTS]
    also = {name for label in ALSO for name in counts[label]}
    spelled = {name for names in counts.values() for name in names if TURKISH.match(name)} - also
    spelled |= sources.plain_forms("Turkish", spelled)
    tables.append(("Turkish", dict.fromkeys(spelled, recipe.LIST_RATE_CAP)))
    for label, table in tables:
        for name, rate in table.items():
            lists[name][label] = max(rate, lists[name].get(label, 0.0))
    return lists


def choose(counts: sources.Counts, lists: sources.Rates) -> list[Row]:
    """Return the sorted rows: names with some bearers, and those that stand on a list of their people."""
    rates = sources.bearer_rates(counts)
    sources.merge_lists(lists, rates)
    kept: dict[str, Counter[str]] = defaultdict(Counter)
    for name, by_label in rates.items():
        bearers = Counter({label: names[name] for label, names in counts.items() if name in names})
        # A list in a script of its own has no names of those who moved there.
        native = not sources.is_latin(name)
        listed = [label for label in lists.get(name, ()) if native or sources.keep_listed(label, by_label)]
        for label in listed:
            people = max(counts[label].total() if label in counts else 0, LIST_PEOPLE)
            bearers[label] = max(bearers[label], round(lists[name][label] * people), 1)
        if listed or bearers.total() >= LEAST_BEARERS:
            kept[name] = bearers
    for name in [name for name, bearers in kept.items() if bearers["Serbian"]]:
        if cyrillic := in_cyrillic(name):
            kept[cyrillic]["Serbian"] = kept[name]["Serbian"]
    return sorted(
        (name, label, number) for name, each in kept.items() for label, number in each.items() if number
    )


def unlisted(counts: sources.Counts, rows: list[Row]) -> dict[str, float]:
    """Return the labels whose bearers are known from lists alone, with the people who bear a name on none of them."""
    bearers: Counter[str] = Counter()
    for _, label, number in rows:
        bearers[label] += number
    return {
        label: max(LIST_PEOPLE - total, 0.0)
        for label, total in bearers.items()
        if (counts[label].total() if label in counts else 0) < MOSTLY_LISTED * total
    }


def open_wheels(folder: Path) -> dict[str, zipfile.ZipFile]:
    """Open all wheels in a folder, by project; missing ones are fetched."""
    return {wheel.project: sources.open_wheel(wheel, folder) for wheel in (*recipe.WHEELS, JAPANESE)}


def count(folder: Path) -> tuple[list[Row], dict[str, float]]:
    """Return (name, label, bearers), and what is `unlisted`, from the wheels in a folder; missing ones are fetched."""
    archives = open_wheels(folder)
    gathered = sources.gather(sources.read_people(archives["name2nat"]))
    counts = {label: sources.count_family_names(label, gathered[label]) for label in sorted(gathered)}
    lists = listed_rates(archives, counts)
    counts.pop("")
    rows = choose(counts, lists)
    return rows, unlisted(counts, rows)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--wheels", type=Path, help="folder with wheels downloaded before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found, _ = count(options.wheels or Path(temporary))
    options.file.write_text("".join(f"{name}\t{label}\t{n}\n" for name, label, n in found), encoding="utf-8")
    print(f"{options.file}: {len(found):,} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
