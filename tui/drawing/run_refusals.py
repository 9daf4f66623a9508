"""Why something can't be done with a run, and what can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from namecls.language import _

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo


def why_not(action: str, info: RunInfo) -> str:
    """Why a run is not shown, resumed, finished, used or deleted; empty: nothing of the run is in the way."""
    if info.status == "damaged" and action in ("show", "resume", "finish", "use_model"):
        return _("{run} is damaged: {problem}").format(run=info.name, problem=info.problem)
    if info.status == "running":
        return _at_work(action, info)
    if action == "resume":
        return _not_resumed(info)
    if action == "finish":
        return _not_finished(info)
    if action == "use_model" and not info.usable:
        return _("{run} has no weights yet.").format(run=info.name)
    return ""


def _at_work(action: str, info: RunInfo) -> str:
    told = {
        "delete": _("{run} is being trained by {process}. To delete it, stop it first: enter, then s."),
        "resume": _("{run} is being trained by {process}; enter shows it."),
        "finish": _(
            "{run} is being trained by {process}; enter, then s stops it, tests its best epoch and saves it."
        ),
        "use_model": _("{run} is being trained by {process} and has no weights yet."),
    }.get(action, "")
    if action == "use_model" and info.usable:
        return ""
    return told.format(run=info.name, process=info.holder)


def _not_resumed(info: RunInfo) -> str:
    if info.status == "diverged":
        told = (
            _("{run} diverged and can't be resumed; f tests its best epoch and saves it.")
            if info.usable
            else _("{run} diverged and can't be resumed, and it has no weights to save.")
        )
        return told.format(run=info.name)
    if info.status == "trial":
        return _("{run} is a trial of {search}, which F12, then F8, resumes.").format(
            run=info.name, search=info.study
        )
    return (
        _("{run} is finished; F2 trains a new one.").format(run=info.name)
        if info.status == "finished"
        else ""
    )


def _not_finished(info: RunInfo) -> str:
    if info.status == "diverged":
        return _("{run} has no weights to test and save.").format(run=info.name)
    if info.status == "unfinished":
        return _("{run} was interrupted; r resumes it. Only a diverged training is tested as it is.").format(
            run=info.name
        )
    if info.status == "trial":
        return _not_resumed(info)
    return _("{run} is finished and tested.").format(run=info.name) if info.status == "finished" else ""
