"""Words for the figures of compared networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from namecls.language import N_, _

if TYPE_CHECKING:
    from namecls.search.compared import Comparison, Difference, Spread

_TITLES = {"accuracy": N_("accuracy"), "macro_f1": N_("macro-F1")}


def share(value: Spread, sign: str) -> str:
    """``39.3 ±0.5 %``; without a sign the mean alone."""
    return f"{100 * value.mean:.1f}{f' {sign}{100 * value.deviation:.1f}' if sign else ''} %"


def spread(value: Spread, places: int, sign: str) -> str:
    """``12.3 ±0.2``; without a sign the mean alone."""
    return f"{value.mean:.{places}f}{f' {sign}{value.deviation:.{places}f}' if sign else ''}"


def figure_of(difference: Difference) -> str:
    """Of which figure a difference is."""
    return _(_TITLES[difference.figure]) if difference.figure in _TITLES else "?"


def intervals_of(result: Comparison) -> str:
    """What the intervals of the differences are."""
    if len(result.seeds) > 1:
        told = _("{share:.0f} % intervals, paired bootstrap over test rows and seeds")
    else:
        told = _(
            "{share:.0f} % intervals, paired bootstrap over test rows and seeds; "
            "one seed tells nothing of others"
        )
    return told.format(share=100 * result.interval)
