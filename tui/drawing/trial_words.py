"""Words for the trials of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from namecls.config import settings_text
from namecls.language import N_, _
from namecls.search.study import COMPLETED, CUT, FAILED, PRUNED, RUNNING
from tui.drawing.cells import percent

if TYPE_CHECKING:
    from namecls.search.space import Settings
    from namecls.search.study import Trial

_STATES = {
    RUNNING: N_("running"),
    COMPLETED: N_("completed"),
    PRUNED: N_("pruned"),
    CUT: N_("cut short"),
    FAILED: N_("failed"),
}


def shown_share(value: float | None) -> str:
    """``82.3 %``, or a dash."""
    return "-" if value is None else percent(value).strip()


def measure_of(objective: str) -> str:
    """What a search maximises."""
    return _("macro-F1") if objective == "macro-f1" else _("accuracy")


def state_of(trial: Trial, *, busy: bool) -> str:
    """What became of a trial.

    :param busy: whether a process works on its search.
    """
    return _(_STATES[trial.status]) if trial.is_over or busy else _("to resume")


def changes_of(trial: Trial, first: Settings) -> str:
    """The settings in which a trial differs from the first one."""
    changed = {name: value for name, value in trial.settings.items() if first.get(name) != value}
    return settings_text(changed) if changed else _("the preset's")
