"""What looks wrong with the labels of a table, in sentences: the same on the command line and in the app."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass
from typing import Literal

from namecls.data.inspection import different_rows, duplicate_pairs
from namecls.data.table import NameTable
from namecls.language import _, ngettext

Kind = Literal["swapped", "own labels", "numbers", "look-alikes", "too few", "repeated"]

_MANY_LABELS = 10  # from which on more labels than names are strange
_MANY_ROWS = 20  # from which on a label for nearly every row is strange
_LEAST_NAMES = 3  # of a label: one each for training, validation and test
_FEW_OF = 10  # times as many rows has a label of which another is a slip
_SHORTEST = 5  # letters of a label in which a slip is looked for
_MOST_COMPARED = 20_000  # labels among which slips are looked for
_REPEATED, _MOST_REPEATED = 100, 5  # rows, and times as many as are different
_SHOWN = 5  # labels that a sentence names
_LONGEST = 40  # characters of such a label
_NUMBER = re.compile(r"[+-]?\d[\d.,:/-]*")
_BETWEEN = re.compile(r"(?<=\w)[\s_-]+(?=\w)")


@dataclass(frozen=True)
class Doubt:
    """Something that looks wrong: a sentence, and the labels that it is about, none if it is about all of them.

    :param reasons: what is wrong with each of the labels.
    :param words: what the sentence says of each of the labels; no part of its value.
    """

    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    words: InitVar[tuple[str, ...]] = ()

    _words = tuple[str, ...]()

    def __post_init__(self, words: tuple[str, ...]) -> None:
        object.__setattr__(self, "_words", words)

    def without(self, gone: Collection[str]) -> Doubt | None:
        """The same of labels of which there are rows by now; None: there are none.

        :param gone: labels of which there is no row any more.
        """
        there = [at for at, label in enumerate(self.labels) if label not in gone]
        if len(there) == len(self.labels):
            return self
        if not there:
            return None
        labels, reasons, words = (
            tuple(each[at] for at in there) for each in (self.labels, self.reasons, self._words)
        )
        return Doubt(self.kind, _sentence(self.kind, words), labels, reasons, words)


def find_doubts(table: NameTable, different: Mapping[str, int] | None = None) -> tuple[Doubt, ...]:
    """What looks wrong with the labels of a table.

    Labels are compared, never rows, and no pair of them by itself: a million rows and ten thousand labels take no
    longer than it takes to count them.

    :param different: what `inspection.different_rows` found, if it was asked before.
    """
    counts = table.label_counts
    found = list(column_doubts(table))
    if found and found[0].kind != "numbers":
        return tuple(found)  # of labels that are none there is nothing more to say
    alike = list(look_alikes(counts))
    if alike:
        pairs = tuple(
            _("{few} ({few_rows}) and {many} ({many_rows})").format(
                few=_cut(few), few_rows=_rows(counts[few]), many=_cut(many), many_rows=_rows(counts[many])
            )
            for few, many in alike
        )
        found.append(
            Doubt(
                "look-alikes",
                _sentence("look-alikes", pairs),
                tuple(few for few, _many in alike),
                tuple(
                    _("looks like {label} ({rows})").format(label=many, rows=_rows(counts[many]))
                    for _few, many in alike
                ),
                pairs,
            )
        )
    if different is None:
        different = different_rows(table, duplicate_pairs(table))
    small = [
        label
        for label in sorted(different, key=lambda label: (different[label], label))
        if different[label] < _LEAST_NAMES
    ]
    if small:
        words = tuple(f"{_cut(label)} ({different[label]})" for label in small)
        reasons = (
            _("too few to be tested: {names} different").format(names=different[label]) for label in small
        )
        found.append(Doubt("too few", _sentence("too few", words), tuple(small), tuple(reasons), words))
    repeated = [
        label
        for label, rows in counts.items()
        if rows >= _REPEATED and rows >= _MOST_REPEATED * different[label]
    ]
    if repeated:
        words = tuple(
            _("{label} {different:,} of {rows:,} rows").format(
                label=_cut(label), different=different[label], rows=counts[label]
            )
            for label in repeated
        )
        reasons = (
            _("{rows:,} of its rows are different").format(rows=different[label]) for label in repeated
        )
        found.append(Doubt("repeated", _sentence("repeated", words), tuple(repeated), tuple(reasons), words))
    return tuple(found)


def _sentence(kind: Kind, words: Sequence[str]) -> str:
    """What looks wrong with labels, by the words for each."""
    names = _listed(words)
    if kind == "look-alikes":
        return _("labels that look alike: {pairs}").format(pairs=names)
    if kind == "repeated":
        return _("exact duplicates count once, which leaves {names}").format(names=names)
    return ngettext(
        "{labels} label has fewer than {least} different names, too few to be tested: {names}",
        "{labels:,} labels have fewer than {least} different names, too few to be tested: {names}",
        len(words),
    ).format(labels=len(words), least=_LEAST_NAMES, names=names)


def column_doubts(table: NameTable) -> tuple[Doubt, ...]:
    """That the columns are swapped, or that the labels are those of another column: this matters to every use."""
    counts, rows = table.label_counts, len(table)
    labels = len(counts)
    if labels >= _MANY_LABELS and labels >= 2 * (names := table.frame["name"].n_unique()):
        text = _(
            "{labels:,} labels for {names:,} different names: the columns look swapped; say which column is which with "
            "--name-column and --label-column"
        ).format(labels=labels, names=names)
        return (Doubt("swapped", text),)
    if rows >= _MANY_ROWS and 2 * labels > rows:
        text = _(
            "{labels:,} labels for {rows:,} rows: nearly every row has a label of its own; say which column is which "
            "with --name-column and --label-column"
        ).format(labels=labels, rows=rows)
        return (Doubt("own labels", text),)
    if counts and all(map(_NUMBER.fullmatch, counts)):
        shown = _listed(sorted(counts, key=lambda label: (len(label), label)))
        text = _(
            "all {labels:,} labels are numbers ({shown}); say which column is which with --name-column and "
            "--label-column"
        ).format(labels=labels, shown=shown)
        return (Doubt("numbers", text),)
    return ()


def look_alikes(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Pairs of labels that may be meant as one, the one with fewer rows first.

    They differ in nothing but case, accents, blanks and hyphens; or, if one has ten times the rows of the other, in one
    letter that is missing, wrong, or has changed places.

    :param counts: rows per label.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        groups[_bare(label)].append(label)
    for many, *others in groups.values():
        yield from ((few, many) for few in others)
    if len(groups) > _MOST_COMPARED:
        return
    # Two words with one letter left out, that are the same then, are a slip apart.
    holes: dict[str, list[str]] = defaultdict(list)
    for bare, (label, *_others) in groups.items():
        if len(bare) < _SHORTEST or any(map(str.isdigit, bare)):
            continue
        near = dict.fromkeys(many for hole in (bare, *_with_holes(bare)) for many in holes.get(hole, ()))
        yield from ((label, many) for many in near if counts[many] >= _FEW_OF * counts[label])
        for hole in {bare, *_with_holes(bare)}:
            holes[hole].append(label)


def _bare(label: str) -> str:
    """A label without case, accents, and what stands between its words."""
    plain = unicodedata.normalize("NFKD", label.casefold())
    return _BETWEEN.sub("", "".join(c for c in plain if not unicodedata.combining(c)))


def _with_holes(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _rows(count: int) -> str:
    return ngettext("{rows} row", "{rows:,} rows", count).format(rows=count)


def _cut(label: str) -> str:
    """A label, short enough for a sentence that names several."""
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def _listed(texts: Iterable[str]) -> str:
    found = list(texts)
    these = _(", ").join(found[:_SHOWN])
    if len(found) <= _SHOWN:
        return these
    return _("{these} and {number:,} more").format(these=these, number=len(found) - _SHOWN)
