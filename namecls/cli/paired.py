"""`namecls runs compare`: two runs on the same test rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from namecls.cli.console import (
    Column,
    counted,
    is_terminal,
    percent,
    show,
    show_json,
    show_table,
)
from namecls.cli.options import Json, SaveDir, find_run
from namecls.config import SETTINGS
from namecls.language import N_, _
from namecls.paths import DEFAULT_SAVE_DIR

if TYPE_CHECKING:
    from namecls.search.compared import Difference
    from namecls.search.paired import PairedRuns

_SHOWN = 20  # names and labels that a terminal shows
_TITLES = {"accuracy": N_("accuracy"), "macro_f1": N_("macro-F1")}


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A run: its directory, or its name.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another run.")],
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    json: Json = False,
) -> None:
    """Compare two runs on the test rows that they share: what B gained over A.

    Differences stand with 95 % intervals (paired bootstrap over the test rows)
    and McNemar's exact test; then the labels that changed most, the names that
    are answered differently, and the settings that differ. Rows that were
    edited for one of the two are left out.

    Examples:
      namecls runs compare before after
      namecls runs compare before after --json > difference.json
    """
    from namecls.search.pairing import compare_runs

    found = compare_runs(find_run(first, save_dir), find_run(second, save_dir))
    if json:
        show_json(found.to_json())
    else:
        _show(found)


def _show(found: PairedRuns) -> None:
    left_out = [found.first.test_rows - found.rows, found.second.test_rows - found.rows]
    show(
        (counted(found.rows, "{n:,} test row of both", "{n:,} test rows of both"), "bold"),
        _("; only of A {first:,}, only of B {second:,}").format(first=left_out[0], second=left_out[1]),
    )
    what = [
        *(Column(title) for title in ("", N_("run"), N_("network"), N_("data"))),
        Column("edits", True),
    ]
    figures = [
        *(Column(title, True) for title in (N_("accuracy"), N_("macro-F1"), N_("top-3"))),
        *(Column(title, True) for title in (N_("loss"), N_("ECE"))),
    ]
    runs = {"A": found.first, "B": found.second}
    which = {letter: [letter, run.run, run.title, run.data, f"{run.edits:,}"] for letter, run in runs.items()}
    measured = {
        letter: [
            *(percent(run.accuracy), percent(run.macro_f1), percent(run.top_3)),
            *(f"{run.loss:.4f}", f"{run.ece:.4f}"),
        ]
        for letter, run in runs.items()
    }
    if is_terminal():  # whose width is not enough for both
        show_table(what, which.values())
        show_table([Column(""), *figures], [[letter, *cells] for letter, cells in measured.items()])
    else:
        show_table([*what, *figures], [[*which[letter], *measured[letter]] for letter in runs])
    for each in found.differences:
        show("  ", _in_words(each))
    test = found.mcnemar
    told = _("  right by A alone {first:,}, by B alone {second:,}; McNemar's exact test p = {p:.3g}")
    show(told.format(first=test.first_alone, second=test.second_alone, p=test.p))
    most = _SHOWN if is_terminal() else None
    if found.settings:
        show("")
        show_table(
            [Column("setting", words=True), Column("A"), Column("B")],
            [[_titled(name), str(one), str(other)] for name, (one, other) in found.settings.items()],
        )
    changed = sorted(found.labels, key=lambda each: -abs(each.second - each.first))
    show("")
    show_table(
        [
            Column("label"),
            *(Column(title, True) for title in (N_("rows"), N_("F1 of A"), N_("F1 of B"), N_("change"))),
        ],
        [
            [e.label, f"{e.rows:,}", f"{e.first:.3f}", f"{e.second:.3f}", f"{e.second - e.first:+.3f}"]
            for e in changed[:most]
        ],
    )
    show("")
    others = counted(
        len(found.others), "{n:,} name is answered differently", "{n:,} names are answered differently"
    )
    show((others, "bold"))
    show_table(
        [
            *(Column(title) for title in (N_("name"), N_("label"), "A", "B")),
            Column("right", words=True),
        ],
        [
            [e.name, e.label, e.first, e.second, {"first": "A", "second": "B"}.get(e.right, e.right)]
            for e in found.others[:most]
        ],
    )
    if most is not None and len(found.others) > most:
        show(_("... all of them: --json"))


def _titled(name: str) -> str:
    """What a person calls a setting; a pipe gets its name."""
    return SETTINGS[name].title if name in SETTINGS and is_terminal() else name


def _in_words(each: Difference) -> str:
    told = _("B less A, {figure}: {mean:+.2f} points ({low:+.2f} to {high:+.2f}), within the noise")
    if each.exceeds_noise:
        told = _("B less A, {figure}: {mean:+.2f} points ({low:+.2f} to {high:+.2f}), exceeds the noise")
    figures = {"mean": 100 * each.mean, "low": 100 * each.low, "high": 100 * each.high}
    return told.format(figure=_(_TITLES[each.figure]), **figures)
