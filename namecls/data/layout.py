"""How a file of names is read: what was asked for, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from namecls.data import titles as known
from namecls.errors import DataError, shown
from namecls.language import N_, _, retold

#: Separators by the words for them.
SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "spaces": " "}
#: What they are called in a sentence.
_SPOKEN = {"\t": N_("tabs"), ",": N_("commas"), ";": N_("semicolons"), "|": N_("bars"), " ": N_("spaces")}

#: Why the first line is titles, if nobody said so.
ABOVE_NUMBERS = N_("{title} stands above numbers")
NEVER_AGAIN = N_("the label {label} never comes again")

_SHOWN = 12  # columns that a sentence lists
_WIDE = 24  # characters of a title that it shows
_DIGITS = 10  # of the number of a column
_FEW = 4  # rows, of which none need have the label of another


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file is asked to be read; None: found out.

    :param name: the column of the names: its title, or its number from 1.
    :param label: the column of the labels.
    :param header: whether the first line names the columns.
    :param separator: one character, or a word of `SEPARATORS`.
    :param encoding: of the text.
    :param weight: the column of the weights, how often a row counts; None: there is none.
    """

    name: str | int | None = None
    label: str | int | None = None
    header: bool | None = None
    separator: str | None = None
    encoding: str | None = None
    weight: str | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file was read.

    :param form: ``text``, ``fastText``, ``JSON lines``, ``JSON``, ``Parquet``, ``directory``, or ``pairs`` that are in
        no file.
    :param encoding: of its text.
    :param separator: between the columns of a text.
    :param width: the number of columns.
    :param name: the position of the names' column, from 0.
    :param label: the position of the labels' column, from 0.
    :param titles: of all columns; none: they have none.
    :param header: whether the first line holds these titles.
    :param why: what decided that, if it was not asked for.
    :param weight: the position of the weights' column, from 0; None: there is none.
    """

    form: str
    encoding: str = "UTF-8"
    separator: str = ""
    width: int = 2
    name: int = 0
    label: int = 1
    titles: tuple[str, ...] = ()
    header: bool = False
    why: str = ""
    weight: int | None = None

    @property
    def columns(self) -> Columns:
        """What to ask for to have the file read just so again."""
        if self.form in ("directory", "pairs", "JSON mapping"):
            return Columns(encoding=self._asked_encoding)
        if self.form in ("JSON lines", "JSON", "Parquet"):
            weight = self.titles[self.weight] if self.weight is not None else None
            return Columns(
                self.titles[self.name],
                self.titles[self.label],
                encoding=self._asked_encoding,
                weight=weight,
            )
        separator = next(
            (word for word, sign in SEPARATORS.items() if sign == self.separator), self.separator
        )
        return Columns(
            self.name + 1,
            self.label + 1,
            self.header,
            separator or None,
            self._asked_encoding,
            self.weight + 1 if self.weight is not None else None,
        )

    @property
    def _asked_encoding(self) -> str | None:
        return self.encoding if self.encoding != "UTF-8" else None

    @property
    def told(self) -> str:
        """In one line: what was decided, and how to say otherwise."""
        if self.form == "directory":
            return _("{encoding} text, a file for each label, a name a line").format(encoding=self.encoding)
        if self.form == "JSON mapping":
            return _("{encoding} JSON, names and their labels as keys and values").format(
                encoding=self.encoding
            )
        if self.form == "pairs":
            return _("pairs of a name and a label")
        parts = [self._told_form]
        if self.header and self.why:
            why = retold(self.why, (ABOVE_NUMBERS, NEVER_AGAIN))
            parts.append(_("titles in the first line ({why}; else --no-header)").format(why=why))
        elif self.header:
            parts.append(_("titles in the first line"))
        elif self.separator:
            parts.append(_("no titles"))
        return _("; ").join([*parts, self._told_columns])

    @property
    def _told_form(self) -> str:
        """The encoding, the form, and what separates the columns."""
        if self.form == "text":
            told = _("{encoding} text").format(encoding=self.encoding)
        else:
            told = self.form if self.form == "Parquet" else f"{self.encoding} {self.form}"
        if not self.separator:
            return told
        sign = _SPOKEN.get(self.separator)
        return _("{file}, {width} columns separated by {sign}").format(
            file=told, width=self.width, sign=_(sign) if sign else repr(self.separator)
        )

    @property
    def _told_columns(self) -> str:
        """Which columns are read, of which."""
        if self.weight is not None:
            which = _("names from {name}, labels from {label}, weights from {weight}").format(
                name=self._column(self.name), label=self._column(self.label), weight=self._column(self.weight)
            )
        else:
            which = _("names from {name}, labels from {label}").format(
                name=self._column(self.name), label=self._column(self.label)
            )
        if not self._others:
            return which
        if self.titles:
            which = _("{which} of {titles}").format(which=which, titles=listed(self.titles))
        return _("{which} (else --name-column, --label-column)").format(which=which)

    @property
    def is_plain(self) -> bool:
        """Whether nothing surprising was decided: UTF-8, no column that is not read, titles by their words."""
        return self.encoding == "UTF-8" and not self._others and self.separator != " " and not self.why

    @property
    def _others(self) -> int:
        """How many columns are not read."""
        return self.width - 2 - (self.weight is not None)

    def _column(self, at: int) -> str:
        title = self.titles[at] if at < len(self.titles) else ""
        return repr(cut(title)) if title else _("column {number}").format(number=at + 1)


def separator_sign(word: str | None) -> str | None:
    """The character that separates columns, or a space for runs of them.

    :raises DataError: if the word means none.
    """
    if word is None:
        return None
    sign = SEPARATORS.get(word.strip().lower().removesuffix("s") if word != "spaces" else word, word)
    sign = {"\\t": "\t", "space": " "}.get(sign, sign)
    if len(sign) != 1 or sign in '"\r\n\0' or not sign.isascii() or sign.isalnum():
        raise DataError(
            _("expected a separator of columns ({separators}, or one character), found {word}").format(
                separators=_(", ").join(SEPARATORS), word=shown(word)
            )
        )
    return sign


def listed(titles: Sequence[str]) -> str:
    """Titles in a sentence."""
    found = _(", ").join(cut(title) or _("(untitled)") for title in titles[:_SHOWN])
    if len(titles) <= _SHOWN:
        return found
    return _("{these} and {number:,} more").format(these=found, number=len(titles) - _SHOWN)


def cut(title: str) -> str:
    """A title or a label in a sentence."""
    title = " ".join(title.split())
    return title if len(title) <= _WIDE else title[: _WIDE - 1] + "…"


def choose(
    where: object,
    asked: Columns,
    titles: Sequence[str],
    width: int,
    rows: Sequence[Sequence[str]] = (),
    first: Sequence[str] = (),
) -> tuple[int, int, int | None]:
    """The positions of name, label and weight, from 0: as asked for, else as titles tell, else as the cells look.

    There is a weight only where it was asked for.

    :param where: the file, for messages.
    :param titles: of the columns; none: they have none.
    :param rows: some of them, all of this width.
    :param first: the first row, which may hold titles.
    :raises DataError: if a column asked for is not there, two are the same, or nothing tells which they are.
    """
    name = position(where, asked.name, titles, width)
    label = position(where, asked.label, titles, width)
    weight = position(where, asked.weight, titles, width)
    free = name is None and label is None
    if name is None:
        name = known.best(titles, "name", beside=label)
    if label is None:
        label = known.best(titles, "label", beside=name)
    if name is not None and name == label:
        raise DataError(
            _("{where}: column {name} can't be both the name and the label; say two columns").format(
                where=where, name=name + 1
            )
        )
    if weight is not None and weight in (name, label):
        said = (
            _("{where}: column {column} can't be both the name and the weight; say which column is which")
            if weight == name
            else _(
                "{where}: column {column} can't be both the label and the weight; say which column is which"
            )
        )
        raise DataError(said.format(where=where, column=weight + 1))
    left = [at for at in range(width) if at not in (name, label, weight)]
    if weight is not None and len(left) < (name is None) + (label is None):
        raise DataError(
            _("{where}: expected a name and a label beside the weight, found {width} columns").format(
                where=where, width=width
            )
        )
    if width > 2 and left[:1] == [0] and _is_numbers(rows, 0):
        del left[0]  # a pandas index, or another number for each row, is neither
    if (
        width > 2
        and free
        and (name is None or label is None)
        and not _are_plain(rows, titles, name, label, left)
    ):
        raise DataError(
            _(
                "{where}: expected a name and a label, found {width:,} columns: {titles}; say which of "
                "them these are with --name-column and --label-column (a title, or a number from 1)"
            ).format(where=where, width=width, titles=listed(titles or first))
        )
    if name is None and label is None and width == 2 and _is_numbers(rows, 0) and not _is_numbers(rows, 1):
        return 1, 0, weight  # labels that are numbers
    if name is None:
        name = left.pop(0) if left else 0
    if label is None:
        label = next((at for at in left if at != name), 1 if name == 0 else 0)
    return name, label, weight


def _are_plain(
    rows: Sequence[Sequence[str]],
    titles: Sequence[str],
    name: int | None,
    label: int | None,
    left: Sequence[int],
) -> bool:
    """Whether the first columns that are left look like what is missing: names have letters, labels come again."""
    wanted = (name is None) + (label is None)
    if len(left) == wanted:
        return True
    if not rows or titles or name is not None or label is not None or len(left) < wanted:
        return False  # titles that tell nothing, or of only one: any of several columns may be the other
    of_name, of_label = ([row[at].strip() for row in rows] for at in left[:2])
    letters = sum(any(map(str.isalpha, cell)) for cell in of_name)
    return 2 * letters >= len(rows) and (len(set(of_label)) < len(rows) or len(rows) < _FEW)


def _is_numbers(rows: Sequence[Sequence[str]], at: int) -> bool:
    return bool(rows) and all(row[at].strip().isdecimal() for row in rows)


def position(where: object, wanted: str | int | None, titles: Sequence[str], width: int) -> int | None:
    """The place of a column, from 0, that is asked for by its title or by its number from 1; None: by nothing.

    :raises DataError: if there is no such column, or several have this title.
    """
    if wanted is None:
        return None
    if isinstance(wanted, str):
        folded = [title.strip().casefold() for title in titles]
        for known, said in ((titles, wanted), (folded, wanted.strip().casefold())):
            places = [place for place, title in enumerate(known) if title == said]
            if len(places) > 1:
                raise DataError(
                    _("{where}: columns {numbers} are named {wanted!r}; say which one by its number").format(
                        where=where, numbers=_(", ").join(str(place + 1) for place in places), wanted=wanted
                    )
                )
            if places:
                return places[0]
    if isinstance(wanted, int) or (wanted.isdecimal() and len(wanted) < _DIGITS):
        if 1 <= int(wanted) <= width:
            return int(wanted) - 1
        raise DataError(
            _("{where}: expected column {wanted}, found {width} columns; they are counted from 1").format(
                where=where, wanted=wanted, width=width
            )
        )
    if titles:
        raise DataError(
            _("{where}: expected a column named {wanted!r}, found {titles}").format(
                where=where, wanted=wanted, titles=listed(titles)
            )
        )
    raise DataError(
        _(
            "{where}: expected a column named {wanted!r}, found none with a name; say a number from 1 to {width}"
        ).format(where=where, wanted=wanted, width=width)
    )
