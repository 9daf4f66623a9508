"""Read the sources: people with their nationalities, and lists of family names; count the bearers of each name.

The wheels are fetched at pinned versions, compared with the SHA-256 that `recipe.py` has, and read as zip archives.
Nothing in them is installed or run.
"""

import ast
import hashlib
import io
import json
import math
import pickle
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import recipe

Counts = dict[str, Counter[str]]
Rates = dict[str, dict[str, float]]


# --- Sources ----------------------------------------------------------------------------------


def fetch(wheel: recipe.Wheel, folder: Path) -> Path:
    """Return the path of the wheel in `folder`, downloading it if it is not there."""
    path = folder / wheel.filename
    if not path.is_file():
        command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps"]
        command += ["--only-binary", ":all:", "--disable-pip-version-check"]
        command += ["--dest", str(folder), f"{wheel.project}=={wheel.version}"]
        subprocess.run(command, check=True)
    return path


def open_wheel(wheel: recipe.Wheel, folder: Path) -> zipfile.ZipFile:
    """Open the wheel as a zip archive, after comparing its SHA-256 with the pinned one."""
    content = fetch(wheel, folder).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != wheel.sha256:
        raise SystemExit(f"{wheel.filename}: sha256 is {digest}, expected {wheel.sha256}")
    return zipfile.ZipFile(io.BytesIO(content))


class PlainUnpickler(pickle.Unpickler):
    """An unpickler for dicts, lists and strings only: it refuses every global name."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse: plain containers need no class, and a class could run code."""
        raise pickle.UnpicklingError(f"the pickle asks for {module}.{name}")


def read_people(archive: zipfile.ZipFile) -> dict[str, list[str]]:
    """Read name2nat's table: name of a person -> nationalities."""
    with archive.open(recipe.PEOPLE_PICKLE) as file:
        people = PlainUnpickler(file).load()
    if not isinstance(people, dict):
        raise SystemExit(f"{recipe.PEOPLE_PICKLE}: not a mapping")
    return people


def read_json(archive: zipfile.ZipFile, path: str) -> dict[str, Any]:
    """Read a JSON object from the archive."""
    content = json.loads(archive.read(path))
    if not isinstance(content, dict):
        raise SystemExit(f"{path}: not an object")
    return content


def class_constants(source: bytes) -> dict[str, Any]:
    """Read the literal attributes of the classes in a Python file, without running it."""
    constants: dict[str, Any] = {}
    for node in ast.parse(source).body:
        for statement in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(statement, ast.Assign):
                target, value = statement.targets[0], statement.value
            elif isinstance(statement, ast.AnnAssign) and statement.value:
                target, value = statement.target, statement.value
            else:
                continue
            if isinstance(value, ast.Call) and len(value.args) == 1:  # OrderedDict(...)
                value = value.args[0]
            try:
                constants[ast.unparse(target)] = ast.literal_eval(value)
            except ValueError:
                continue
    return constants


def flatten(value: Any) -> Iterator[str]:
    """Yield the names in a list of names, of (name, weight) pairs, or a dict of lists."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from flatten(value[key] if isinstance(value[key], list) else key)
    elif isinstance(value, str):
        yield value
    else:
        for item in value:
            yield item if isinstance(item, str) else str(item[0])


def read_list(source: recipe.NameList, archive: zipfile.ZipFile) -> dict[str, float]:
    """Read a list of family names with a rate for each."""
    if not source.keys:
        table = read_json(archive, source.path)
        return cumulative_rates(table["Names"], table["Totals"])
    if source.path.endswith(".json"):
        table = read_json(archive, source.path)
    else:
        table = class_constants(archive.read(source.path))
    listed = [name for key in source.keys for name in flatten(table[key])]
    names = {name for raw in listed if (name := clean_listed(raw, source.script))}
    names |= plain_forms(source.label, names)
    if source.label == "Icelandic":  # every patronymic has a form for men and one for women
        names |= {re.sub(r"son\Z", "dóttir", name) for name in names}
        names |= {re.sub(r"dóttir\Z", "son", name) for name in names}
    rate = min(1 / len(names), recipe.LIST_RATE_CAP)
    return dict.fromkeys(names, rate)


def cumulative_rates(names: list[str], totals: list[int]) -> dict[str, float]:
    """Turn names with running totals of their bearers into rates."""
    rates: dict[str, float] = {}
    for raw, total, before in zip(names, totals, [0, *totals], strict=False):
        if name := clean_listed(raw, "latin"):
            rates[name] = rates.get(name, 0.0) + (total - before) / totals[-1]
    return rates


# --- Names ------------------------------------------------------------------------------------

APOSTROPHES = str.maketrans(dict.fromkeys("ʻʼʽʾʿ‘’‛`´′", "'") | dict.fromkeys("‐‑–−", "-"))
ROMAN = re.compile(r"[IVXL]+\Z")
WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*'?\Z|'[st]\Z|[DdO]'\Z")


def is_latin(text: str) -> bool:
    """Tell whether every letter of the text is a Latin one."""
    return all(unicodedata.name(c, "").startswith("LATIN") for c in text if c.isalpha())


def normalise(raw: str) -> str:
    """Return the text in NFC with plain apostrophes, hyphens and single spaces."""
    return " ".join(unicodedata.normalize("NFC", raw).translate(APOSTROPHES).split())


def person_words(raw: str) -> list[str]:
    """Split the name of a person into words; empty when it is not usable."""
    text = normalise(raw)
    text = re.sub(r"\(.*|\".*?\"|“.*?”", " ", text).split(",")[0]
    if re.search(r"[\d&;/:()\"“”]", text) or not is_latin(text):
        return []
    words = text.split()
    if not words or words[0] in recipe.STOP_FIRST:
        return []
    if any(word.lower() in recipe.STOP_WORDS for word in words[:-1]):
        return []
    while words and (words[-1].lower() in recipe.SUFFIXES or words[-1].endswith(".")):
        words.pop()
    if len(words) < 2 or ROMAN.match(words[-1]) or words[-1].lower() in recipe.STOP_WORDS:
        return []
    return words


def capitalise(name: str) -> str:
    """Write a family name as it stands alone: with an upper-case first letter."""
    return name[0].upper() + name[1:]


def is_name(name: str) -> bool:
    """Tell whether the text can be a family name: Latin words, not a title, not shouted."""
    words = name.split()
    if not 1 < len(name) <= 30 or not is_latin(name) or not all(map(WORD.match, words)):
        return False
    if name in recipe.EXCLUDED or words[-1].lower() in recipe.NOT_FAMILY:
        return False
    inner = recipe.PARTICLES | recipe.INNER_WORDS
    if words[-1][:1].islower() or any(w.islower() and w not in inner for w in words):
        return False
    return not words[-1].isupper()


def western_family_names(words: list[str], prefixes: frozenset[str]) -> Iterator[str]:
    """Yield the family name at the end of the words, with and without its particles."""
    start = len(words) - 1
    while start > 1 and words[start - 1] in prefixes:
        start -= 1
    yield " ".join(words[start:])
    bare = start
    while start > 1 and words[start - 1] in recipe.PARTICLES:
        start -= 1
    if start < bare:
        yield " ".join(words[start:])


def clean_listed(raw: str, script: str) -> str:
    """Return a name of a list in the form of the dataset, or an empty text."""
    name = normalise(raw)
    if script != "latin":
        name = transliterate(name, script)
    if name.isupper():
        name = name.title()
    name = capitalise(name) if name else name
    return name if is_name(name) else ""


def without_marks(name: str) -> str:
    """Return the name in plain letters: Yılmaz -> Yilmaz, Đặng -> Dang."""
    letters = unicodedata.normalize("NFD", name.translate(str.maketrans("ıđĐ", "idD")))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def plain_forms(label: str, names: Iterable[str]) -> set[str]:
    """Return the names in plain letters if the label is one that also gets them."""
    return {without_marks(name) for name in names} if label in recipe.PLAIN_TOO else set()


def transliterate(name: str, script: str) -> str:
    """Write a Georgian or Kazakh name in Latin letters, letter by letter."""
    table = recipe.TRANSLITERATION[script]
    return "".join(table.get(letter, letter) for letter in name.lower()).capitalize()


# --- Counting ---------------------------------------------------------------------------------


def gather(people: dict[str, list[str]]) -> dict[str, list[list[str]]]:
    """Return the cleaned names of the people of each label, as lists of words.

    The people of all nationalities that are left out stand under the empty label.
    """
    labels = {nation: label for label, nations in recipe.LABELS.items() for nation in nations}
    gathered: dict[str, list[list[str]]] = defaultdict(list)
    for raw, nations in people.items():
        if words := person_words(raw):
            for label in {labels.get(nation, "") for nation in nations}:
                gathered[label].append(words)
    return gathered


def count_family_names(label: str, people: list[list[str]]) -> Counter[str]:
    """Count the family names of the people of one label."""
    if label in recipe.PARTLY_CHINESE:
        people = [words for words in people if not has_chinese_name(words)]
    if label in recipe.FAMILY_FIRST:
        counts = Counter(family_first_names(label, people))
        for name, count in list(counts.items()):
            for plain in plain_forms(label, [name]) - {name}:
                counts[plain] += count
    else:
        counts = Counter(last_names(label, people))
    if label == "Japanese":
        given = Counter(words[0] for words in people)
        counts = Counter({name: count for name, count in counts.items() if 2 * count >= given[name]})
    required = re.compile(recipe.REQUIRED.get(label, ""))
    forbidden = re.compile(recipe.FORBIDDEN.get(label, r"(?!)"))
    return Counter(
        {
            name: count
            for name, count in counts.items()
            if is_name(name) and required.match(name) and not forbidden.match(name)
        }
    )


def has_chinese_name(words: list[str]) -> bool:
    """Tell whether the person has a Chinese family name, in either place."""
    return words[0] in recipe.CHINESE_ABROAD or words[-1] in recipe.CHINESE_ABROAD


def last_names(label: str, people: Iterable[list[str]]) -> Iterator[str]:
    """Yield the family names of people who write it last."""
    prefixes = frozenset() if label in recipe.NO_PREFIXES else recipe.NAME_PREFIXES
    for words in people:
        for name in western_family_names(words, prefixes):
            yield capitalise(name)


def family_first_names(label: str, people: list[list[str]]) -> Iterator[str]:
    """Yield the family names of people who write it first.

    People of these labels who live abroad often have a Western given name and the family name
    last. The first words that occur often are taken as the family names; a person whose first
    word is not one of them, but whose last word is, is read in the Western order.
    """
    first = Counter(words[0] for words in people)
    known = {word for word, count in first.items() if count >= recipe.FAMILY_FIRST_BEARERS}
    known -= recipe.NOT_FAMILY_FIRST[label]
    if label == "Chinese":
        known |= recipe.CHINESE_ABROAD
    western = Counter(words[0] for words in people if words[-1] in known)
    known -= {word for word in known if western[word] > recipe.MAX_FAMILY_LAST * first[word]}
    for words in people:
        if words[0] in known:
            yield words[0]
        elif words[-1] in known:
            yield words[-1]


def spelled(label: str, counts: Counts) -> set[str]:
    """Return the names of all people that are spelled as only the label's names are."""
    pattern = re.compile(recipe.SPELLINGS[label])
    return {name for names in counts.values() for name in names if pattern.match(name)}


# --- Rates ---------------------------------------------------------------------------------------


def bearer_rates(counts: Counts) -> Rates:
    """Return name -> label -> rate from the counts of bearers.

    Half a standard deviation is taken off each count: few bearers are weak evidence.
    """
    rates: Rates = defaultdict(dict)
    for label, names in counts.items():
        size = names.total() + recipe.SMOOTHING
        for name, count in names.items():
            rates[name][label] = (count - math.sqrt(count) / 2) / size
    return rates


def merge_lists(lists: Rates, rates: Rates) -> None:
    """Enter the rates of listed names where they are higher than those of name2nat."""
    for name, listed in lists.items():
        for label, rate in listed.items():
            rates[name][label] = max(rate, rates[name].get(label, 0.0))


def keep_listed(label: str, by_label: dict[str, float]) -> bool:
    """Tell whether a name on a list of the label stands under it."""
    kin = {label}.union(*(group for group in recipe.NEIGHBOURS if label in group))
    total = sum(by_label.values())
    foreign = sum(r for other, r in by_label.items() if other in recipe.FOREIGN_IN_EUROPE)
    if label not in recipe.FOREIGN_IN_EUROPE and foreign / total >= recipe.MAX_FOREIGN_SHARE:
        return False
    return sum(by_label.get(other, 0.0) for other in kin) / total >= recipe.MIN_LIST_SHARE


def read_lists(archives: dict[str, zipfile.ZipFile], counts: Counts) -> Rates:
    """Return name -> label -> rate for all names that are listed or spelled like a label's."""
    lists: Rates = defaultdict(dict)
    tables = [(source.label, read_list(source, archives[source.wheel])) for source in recipe.NAME_LISTS]
    for label in recipe.SPELLINGS:
        names = spelled(label, counts)
        names |= plain_forms(label, names)
        tables.append((label, dict.fromkeys(names, min(1 / len(names), recipe.LIST_RATE_CAP))))
    borne = {name for names in counts.values() for name in names}
    tables.append(("Chinese", dict.fromkeys(recipe.CHINESE_ABROAD & borne, recipe.LIST_RATE_CAP)))
    for label, table in tables:
        for name, rate in table.items():
            lists[name][label] = max(rate, lists[name].get(label, 0.0))
    return lists
