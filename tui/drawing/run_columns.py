"""The columns of a list of runs: what stands in each, and how runs are sorted and filtered by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from namecls.language import N_, _
from namecls.text import safe
from tui.drawing.cells import percent
from tui.drawing.figures import clock

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo

#: What stands where nothing is known.
NOTHING = "-"
#: The states of a run.
STATES = (
    N_("finished"),
    N_("running"),
    N_("unfinished"),
    N_("diverged"),
    N_("trial"),
    N_("damaged"),
)


@dataclass(frozen=True, slots=True)
class RunColumn:
    """A column of a list of runs.

    :param title: marked for the catalogues, and translated where it shows.
    :param value: what it is sorted by; None: not known, and last.
    :param text: what it shows. Safe for the screen.
    :param room: cells that it wants; of texts, at most.
    :param least: cells that it is worth showing in.
    :param down: whether the largest comes first.
    """

    title: str
    value: Callable[[RunInfo], str | float | None]
    text: Callable[[RunInfo], str]
    room: int
    least: int
    right: bool = False
    down: bool = False


def _share(title: str, value: Callable[[RunInfo], float | None], *, down: bool = True) -> RunColumn:
    def text(info: RunInfo) -> str:
        found = value(info)
        return NOTHING if found is None else percent(found).strip()

    room = max(len(title) + 1, 7)
    return RunColumn(title, value, text, room, room, right=True, down=down)


def amount(count: int) -> str:
    """A number of parameters in a few cells: ``166k``, ``3.23M``."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{sign}"
    return str(count)


def _of_text(title: str, value: Callable[[RunInfo], str], room: int, least: int) -> RunColumn:
    return RunColumn(
        title, lambda info: value(info).casefold() or None, lambda info: safe(value(info), 200), room, least
    )


def state_of(info: RunInfo) -> str:
    """The state of a run, as it is called."""
    return _(info.status) if info.status in STATES else info.status


def standing_of(info: RunInfo) -> str:
    """The state of a run; of a running one with the share of its steps that are done: ``running 40%``."""
    if info.progress is None:
        return state_of(info)
    return f"{state_of(info)} {min(int(100 * info.progress), 99):>2}%"  # it is not over before it is tested


def note_of(info: RunInfo) -> str:
    """Note and tags on one line."""
    return " ".join((*([info.note] if info.note else []), *(f"#{tag}" for tag in info.tags)))


COLUMNS: tuple[RunColumn, ...] = (
    _of_text(N_("run"), lambda info: info.name, 40, 27),
    RunColumn(N_("state"), lambda info: info.status, standing_of, 11, 11),
    _share(N_("accuracy"), lambda info: info.accuracy),
    _share(N_("macro-F1"), lambda info: info.macro_f1),
    _share(N_("ECE"), lambda info: info.ece, down=False),
    _of_text(N_("network"), lambda info: info.title, 24, 10),
    RunColumn(
        N_("size"),
        lambda info: info.parameters,
        lambda info: NOTHING if info.parameters is None else amount(info.parameters),
        6,
        6,
        right=True,
        down=True,
    ),
    RunColumn(
        N_("seed"),
        lambda info: info.seed,
        lambda info: NOTHING if info.seed is None else str(info.seed)[:9],
        5,
        5,
        right=True,
    ),
    RunColumn(
        N_("time"),
        lambda info: info.seconds,
        lambda info: NOTHING if info.seconds is None else clock(min(info.seconds, 3.6e6)),
        7,
        7,
        right=True,
    ),
    _of_text(N_("note"), note_of, 40, 6),
    _of_text(N_("data"), lambda info: info.data, 24, 8),
    RunColumn(
        N_("made"),
        lambda info: info.created or None,
        lambda info: safe(info.created[:16].replace("T", " "), 16),
        16,
        16,
        down=True,
    ),
)
#: The column by which a list is sorted at first.
MADE = len(COLUMNS) - 1


def haystack(info: RunInfo) -> str:
    """All words by which a run can be found."""
    return " ".join((info.name, info.title, info.data, info.status, state_of(info), note_of(info))).casefold()


def listed(
    runs: Iterable[tuple[RunInfo, str]], words: Sequence[str], column: int, *, down: bool
) -> list[RunInfo]:
    """The runs in which all these words stand, sorted by a column; those of which it is not known come last.

    :param runs: with the `haystack` of each.
    """
    value = COLUMNS[column].value
    known, unknown = [], []
    for info, hay in runs:
        if all(map(hay.__contains__, words)):
            told = value(info)
            if told is None:
                unknown.append(info)
            else:
                known.append((told, info))
    known.sort(key=itemgetter(0), reverse=down)  # of equal ones the order stays
    return [*map(itemgetter(1), known), *unknown]
