"""What `namecls data inspect` shows of near-duplicates and of rows unlike all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from namecls.cli.console import Column, show, show_json, show_table, translated
from namecls.cli.options import all_of_them
from namecls.data.near import UNASKED, find_near_duplicates
from namecls.data.unlike import find_unlike
from namecls.language import N_, _

if TYPE_CHECKING:
    from namecls.data.near import NearDuplicate, NearDuplicates
    from namecls.data.table import NameTable
    from namecls.data.unlike import UnlikeRows

_EXAMPLES = 5
_LISTED = 20  # in the JSON of a summary
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Alike:
    """Near-duplicates and rows unlike all others; None: nobody looked for them in so large a table."""

    near: NearDuplicates | None = None
    unlike: UnlikeRows | None = None

    @classmethod
    def of(cls, table: NameTable) -> Alike:
        """Those of a table that is not too large to be looked through without being asked."""
        return cls(find_near_duplicates(table), find_unlike(table)) if len(table) <= UNASKED else cls()

    def to_json(self) -> dict[str, Any]:
        """Counts, and the first of each."""
        near, unlike = self.near, self.unlike
        if near is None or unlike is None:
            return {"near_duplicates": None, "unlike_rows": None}
        groups = {
            title: {
                "groups": near.count(differ=differ),
                "by_way": near.counts(differ=differ),
                "first": [each.to_json() for each in near.page(0, _LISTED, differ=differ)],
            }
            for title, differ in (("labels_differ", True), ("one_label", False))
        }
        rows = {"rows": len(unlike), "first": [each.to_json() for each in unlike.page(0, _LISTED)]}
        return {"near_duplicates": {**groups, "limited": near.limited}, "unlike_rows": rows}

    def counts(self) -> list[list[str]]:
        """Lines of the table of a summary."""
        if self.near is None or self.unlike is None:
            text = translated(N_("not looked for in more than {rows:,} rows; {option}"))
            return [
                [N_("near-duplicates"), text.format(rows=UNASKED, option="--near")],
                [N_("unlike all others"), text.format(rows=UNASKED, option="--unlike")],
            ]
        number = translated(N_("{n:,} or more")) if self.near.limited else "{n:,}"
        return [
            [N_("near-duplicates, labels differ"), number.format(n=self.near.count(differ=True))],
            [N_("near-duplicates, one label"), number.format(n=self.near.count(differ=False))],
            [N_("rows unlike all others"), f"{len(self.unlike):,}"],
        ]

    def show(self) -> None:
        """The first of those that are most likely wrong, below a summary."""
        if self.near is not None and (found := self.near.page(0, _EXAMPLES, differ=True)):
            show("")
            show((_("Near-duplicates under different labels"), "bold"))
            for each in found:
                show(f"  {_names(each)}", (f"  {each.text}", "dim"))
            show(_("  ... all near-duplicates: --near"))
        if self.unlike is not None and len(self.unlike):
            show("")
            show((_("Rows unlike all others"), "bold"))
            for row in self.unlike.page(0, _EXAMPLES):
                told = _("  line {line}: {name}, {label}: ").format(
                    line=row.line, name=row.name, label=row.label
                )
                show(told, (row.text, "dim"))
            if len(self.unlike) > _EXAMPLES:
                show(all_of_them("--unlike"))


def show_near(near: NearDuplicates, json: bool) -> None:
    """All near-duplicates, those with labels that differ first."""
    if json:
        for each, differ in _all(near):
            show_json({**each.to_json(), "labels_differ": differ}, indent=None)
        return
    titles = [Column("labels", words=True), Column("differ in", style="dim"), Column("names")]
    cells = ([N_("differ") if differ else N_("one"), each.text, _names(each)] for each, differ in _all(near))
    show_table(titles, cells)


def show_unlike(unlike: UnlikeRows, json: bool) -> None:
    """All rows that are unlike all others."""
    rows = unlike.page(0, len(unlike))
    if json:
        for row in rows:
            show_json(row.to_json(), indent=None)
        return
    titles = [
        Column("line", True),
        Column("name"),
        Column("label"),
        Column("unlike all others", style="yellow"),
    ]
    show_table(titles, ([str(row.line), row.name, row.label, row.text] for row in rows))


def _all(near: NearDuplicates) -> Iterator[tuple[NearDuplicate, bool]]:
    for differ in (True, False):
        for start in range(0, near.count(differ=differ), _PAGE):
            yield from ((each, differ) for each in near.page(start, start + _PAGE, differ=differ))


def _names(near: NearDuplicate) -> str:
    """``Kowalski (Polish 3) / Kowlaski (Czech 1, line 17)``"""
    return " / ".join(
        translated(N_("{name} ({labels}, line {line})")).format(
            name=each.name,
            labels=translated(N_(", ")).join(f"{found.label} {found.rows}" for found in each.labels),
            line=each.line,
        )
        for each in near.names
    )
