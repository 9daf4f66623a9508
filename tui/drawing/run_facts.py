"""What is known of a run, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from namecls.config import SETTINGS
from namecls.language import N_, _
from tui.drawing.cells import percent
from tui.drawing.figures import clock

if TYPE_CHECKING:
    from namecls.runs.curves import Figure
    from namecls.runs.listing import RunInfo

#: What curves show; marked for the catalogues.
FIGURE_TITLES: dict[Figure, str] = {
    "valid_loss": N_("validation loss"),
    "valid_accuracy": N_("validation accuracy"),
    "valid_macro_f1": N_("validation macro-F1"),
    "train_loss": N_("training loss"),
}

#: By what runs differ beside their settings; marked for the catalogues.
_BESIDE = {"data": N_("data"), "edits": N_("edits")}


def setting_title(name: str) -> str:
    """The title of one of all by which two runs may differ."""
    return _(SETTINGS[name].title if name in SETTINGS else _BESIDE.get(name, name))


def facts_of(info: RunInfo) -> list[str]:
    """What the list tells in columns, in words, with what has no column."""
    figures = (
        _share(_("accuracy {share}"), info.accuracy),
        _share(_("macro-F1 {share}"), info.macro_f1),
        _share(_("top-3 {share}"), info.top_3),
        _share(_("ECE {share}"), info.ece),
        _("on {rows:,} test rows").format(rows=info.rows) if info.rows else "",
    )
    training = (
        _("{network} on {data}").format(network=info.title, data=info.data),
        _("{labels:,} labels").format(labels=info.labels),
        _("{parameters:,} parameters").format(parameters=info.parameters)
        if info.parameters is not None
        else "",
        _("seed {seed}").format(seed=info.seed) if info.seed is not None else "",
        _("trained for {time}").format(time=clock(info.seconds)) if info.seconds is not None else "",
        _("refit on all rows") if info.refit else "",
    )
    lines = (_(", ").join(filter(None, part)) for part in (figures, training, (_state(info),)))
    return [line for line in lines if line] if info.status != "damaged" else []


def _share(words: str, share: float | None) -> str:
    return words.format(share=percent(share).strip()) if share is not None else ""


def _state(info: RunInfo) -> str:
    """What can be done with a run that is not finished."""
    if info.status == "running":
        return _("being trained by {process}").format(process=info.holder)
    if info.status == "unfinished":
        return _("interrupted; it can be resumed")
    if info.status == "diverged":
        if info.usable:
            return _("can't be resumed; its best epoch can be tested and saved")
        return _("can't be resumed")
    if info.status == "trial":
        return _("a trial of {search}, not tested").format(search=info.study)
    return "" if info.rows or info.status == "damaged" else _("not tested")
