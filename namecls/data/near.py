"""Near-duplicates: names that differ in case, accents, the order of their words, or one letter.

Names are compared as a search compares them, without case and accents (`normalization.fold`). No pair is looked at by
itself (`one_edit`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from namecls.data.inspection import LabelCount
from namecls.data.one_edit import pairs_one_edit_apart
from namecls.data.table import NameTable
from namecls.language import N_, _
from namecls.normalization import name_keys, spellings, without_accents

if TYPE_CHECKING:
    import polars as pl

Way = Literal["case", "accents", "words", "letter"]
WAYS: tuple[Way, ...] = get_args(Way)
_TEXTS: dict[Way, str] = {
    "case": N_("case"),
    "accents": N_("accents"),
    "words": N_("word order or hyphens"),
    "letter": N_("one letter"),
}

#: Rows of a table that is looked through without being asked: this and `unlike` take twenty seconds for a million.
UNASKED = 200_000
#: Characters of a name of which one may be a slip: most short names are a letter apart from another.
SHORTEST = 6
_LONGEST = 64  # characters of a name that is compared letter by letter
_MOST_PAIRS = 2_000_000
_BETWEEN_WORDS = r"[\s,-]+"


@dataclass(frozen=True, slots=True)
class Spelled:
    """A name as it stands in the file, its first line, and its rows by label, the label with most rows first."""

    name: str
    line: int
    labels: tuple[LabelCount, ...]

    @property
    def rows(self) -> int:
        """All its rows."""
        return sum(count.rows for count in self.labels)


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Names that are nearly the same, the one with most rows first.

    :param way: in what they differ: ``case``; ``accents``, perhaps in case too; ``words``: their order, hyphens or
        commas; ``letter``: one that is missing, wrong, or has changed places with the next.
    """

    way: Way
    names: tuple[Spelled, ...]

    @property
    def text(self) -> str:
        """In what they differ."""
        return _(_TEXTS[self.way])

    def to_json(self) -> dict[str, Any]:
        return {
            "way": self.way,
            "names": [
                {
                    "name": name.name,
                    "line": name.line,
                    "labels": {each.label: each.rows for each in name.labels},
                }
                for name in self.names
            ],
        }


@dataclass(frozen=True, eq=False)
class NearDuplicates:
    """The near-duplicates of a table, made when they are looked at: a million rows may have as many.

    By the way in which they differ, in the order of `WAYS`; then the longest name first: the longer a name, the less
    likely one that is nearly the same is another.

    :param limited: whether some were left out, since there are too many.
    :param rows: ``line``, ``name``, ``label`` and ``spelling`` of each row, and the ``number`` of its folded name.
    :param groups: ``way``, ``members``, which are numbers, and whether their labels ``differ``.
    """

    limited: bool
    rows: pl.DataFrame = field(repr=False)
    groups: pl.DataFrame = field(repr=False)

    def count(self, *, differ: bool) -> int:
        """How many there are with one label, or with labels that differ."""
        return int((self.groups["differ"] == differ).sum())

    def counts(self, *, differ: bool) -> dict[Way, int]:
        """The same by the way in which the names differ."""
        some = self.groups.filter(self.groups["differ"] == differ)["way"].value_counts()
        found = dict(some.iter_rows())
        return {way: found.get(at, 0) for at, way in enumerate(WAYS)}

    def page(self, start: int, stop: int, *, differ: bool) -> list[NearDuplicate]:
        """Those from `start` to before `stop`."""
        places = (self.groups["differ"] == differ).arg_true()[max(start, 0) : max(stop, 0)]
        page = self.groups[places]
        wanted = page["members"].explode().unique()
        rows = self.rows.filter(self.rows["number"].is_in(wanted.implode()))
        of_number: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for number, *row in rows.select("number", "spelling", "name", "line", "label").iter_rows():
            of_number[number].append(tuple(row))
        return [
            NearDuplicate(WAYS[way], tuple(sorted(_spelled(members, of_number), key=lambda name: -name.rows)))
            for way, members in page.select("way", "members").iter_rows()
        ]


def _spelled(members: list[int], rows: dict[int, list[tuple[Any, ...]]]) -> Iterator[Spelled]:
    """The names of a group: the spellings of one folded name, or one spelling of each of several."""
    of_name: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    for number in members:
        for row in rows[number]:
            of_name[number if len(members) > 1 else row[0]].append(row)
    for found in of_name.values():
        commonest = Counter(name for _, name, _, _ in found).most_common(1)[0][0]
        labels = Counter(label for *_, label in found)
        yield Spelled(
            commonest,
            next(line for _, name, line, _ in found if name == commonest),
            tuple(LabelCount(*each) for each in sorted(labels.items(), key=lambda each: (-each[1], each[0]))),
        )


def find_near_duplicates(
    table: NameTable, *, shortest: int = SHORTEST, most: int = _MOST_PAIRS
) -> NearDuplicates:
    """Names that are nearly the same. A million of them take some ten seconds.

    :param shortest: characters that names have which are one letter apart.
    :param most: of these pairs; beyond, those of the patterns with most names are left out.
    """
    import polars as pl

    spelled = spellings(table.frame["name"])
    rows = table.frame.select(
        "line",
        "name",
        "label",
        code=table.frame["label"].cast(pl.Enum(table.labels)).to_physical(),
        spelling=spelled,
        folded=_folded(spelled),
    )
    rows = rows.with_columns(number=pl.col("folded").rank("dense").cast(pl.UInt32) - 1)
    folded = rows["folded"].unique().sort()
    labels = rows.group_by("number").agg(least=pl.col("code").min(), most=pl.col("code").max()).sort("number")
    pairs, limited = _a_letter_apart(folded, shortest, most)
    groups = pl.concat([_spelled_apart(rows), _in_other_order(folded), pairs])
    groups = groups.with_columns(
        length=folded.gather(groups["members"].list.first()).str.len_chars(),
        least=_of_members(groups, labels["least"]).list.min(),
        most=_of_members(groups, labels["most"]).list.max(),
    )
    groups = groups.sort(
        "way", "length", pl.col("members").list.first(), descending=[False, True, False], maintain_order=True
    ).select("way", "members", differ=pl.col("least") != pl.col("most"))
    return NearDuplicates(limited, rows.drop("code", "folded"), groups)


def _of_members(groups: pl.DataFrame, values: pl.Series) -> pl.Series:
    """What stands for each member, in a list for each group."""
    import polars as pl

    of = pl.Series(range(groups.height), dtype=pl.UInt32).repeat_by(groups["members"].list.len()).explode()
    members = groups["members"].explode()
    return (
        pl.DataFrame({"of": of, "value": values.gather(members)})
        .group_by("of", maintain_order=True)
        .agg("value")["value"]
    )


def _folded(spelled: pl.Series) -> pl.Series:
    """Names without case and accents; marks that are letters stay."""
    marked = spelled.str.contains(r"[\p{Mn}--[\x{0300}-\x{036F}]]")
    return without_accents(spelled).zip_with(~marked, spelled.str.to_lowercase())


def _groups(members: pl.Expr, way: pl.Expr) -> list[pl.Expr]:
    import polars as pl

    return [way.cast(pl.UInt8).alias("way"), members.cast(pl.List(pl.UInt32)).alias("members")]


def _spelled_apart(rows: pl.DataFrame) -> pl.DataFrame:
    """Folded names that are spelled in more than one way."""
    import polars as pl

    spelled = rows.select("number", "spelling").unique(maintain_order=True)
    spelled = spelled.filter(spelled["number"].is_duplicated())
    spelled = spelled.with_columns(key=name_keys(spelled["spelling"]))
    accents = pl.when(pl.col("key").n_unique() > 1).then(WAYS.index("accents")).otherwise(WAYS.index("case"))
    found = spelled.group_by("number", maintain_order=True).agg(way=accents)
    return found.select(_groups(pl.concat_list("number"), pl.col("way")))


def _word_keys(folded: pl.Series) -> pl.Series:
    """Folded names with their words sorted; those of one word as they are."""
    import polars as pl

    several = folded.str.contains(_BETWEEN_WORDS)
    if not several.any():
        return folded
    words = folded.filter(several).str.replace_all(_BETWEEN_WORDS, " ")
    keys = pl.Series([" ".join(sorted(text.split())) for text in words], dtype=pl.String)
    return folded.clone().scatter(several.arg_true(), keys)


def _in_other_order(folded: pl.Series) -> pl.DataFrame:
    """Folded names of the same words."""
    import polars as pl

    keys = pl.DataFrame({"key": _word_keys(folded)}).with_row_index("number")
    found = (
        keys.filter(keys["key"].is_duplicated()).group_by("key", maintain_order=True).agg(pl.col("number"))
    )
    return found.select(_groups(pl.col("number"), pl.lit(WAYS.index("words"))))


def _a_letter_apart(folded: pl.Series, shortest: int, most: int) -> tuple[pl.DataFrame, bool]:
    """Pairs of folded names that one edit makes equal (optimal string alignment), and whether there are more."""
    import polars as pl

    numbers = folded.str.len_chars().is_between(shortest, _LONGEST).arg_true()
    found, limited = pairs_one_edit_apart(folded.gather(numbers), most)
    pairs = found.select(numbers.gather(found[side]).alias(side) for side in ("one", "two"))
    one, two = (_word_keys(folded.gather(pairs[side])) for side in ("one", "two"))
    pairs = pairs.filter(one != two)  # which is told as of words
    return pairs.select(_groups(pl.concat_list("one", "two"), pl.lit(WAYS.index("letter")))), limited
