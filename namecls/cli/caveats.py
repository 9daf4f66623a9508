"""What is said of a model before it answers: how good it is, for which population, at which risk."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from namecls.calibration.population import population_words
from namecls.cli.console import percent, say
from namecls.cli.options import given_options
from namecls.guarantees import as_percent
from namecls.language import _
from namecls.text import safe

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor

_GUARANTEES = ("--coverage", "--sets", "--risk")


def under(predictor: Predictor, prior: str, context: typer.Context) -> Predictor:
    """The same for a stated population, with sets and risks for it if they are asked for."""
    predictor = predictor.under(prior)
    if predictor.prior is None:
        return predictor
    asked = [option for option in given_options(context, beside=()) if option in _GUARANTEES]
    if asked:
        from namecls.inference.refitting import refit

        return refit(predictor)
    own = dict.fromkeys(filter(None, replace(predictor, prior=None).populations))
    made_for = _(" and ").join(map(population_words, own))
    told = _(
        "answers are for the population {population}, without prediction sets: these were fitted for {made_for}"
    )
    say(told.format(population=safe(population_words(predictor.prior.name)), made_for=made_for), style="dim")
    return predictor


def tell_of_test(predictor: Predictor, *, at_length: bool) -> None:
    """Say how good the model is, or that nobody knows.

    :param at_length: also of a model that was tested.
    """
    info = predictor.info
    if info.accuracy is not None:
        if at_length:
            told = _("{run}: test accuracy {accuracy}").format(run=info.name, accuracy=percent(info.accuracy))
            say(told, style="dim")
    elif info.status == "finished":
        measure = f"namecls evaluate --model {shlex.quote(str(info.directory))} --data FILE"
        told = _("{run}: was not tested; to measure it: {command}").format(run=info.name, command=measure)
        say(told, style="yellow")
    elif info.status == "trial":
        told = _("{run}: a trial of the search {study}, which was not tested").format(
            run=info.name, study=info.study
        )
        say(told, style="yellow")
    elif info.status == "damaged":
        verify = f"namecls runs verify {shlex.quote(str(info.directory))}"
        told = _("{run}: is damaged, not tested: {problem}; to see which files: {command}")
        say(told.format(run=info.name, problem=info.problem, command=verify), style="bold yellow")
    elif info.status == "running":
        told = _("{run}: is being trained; its best weights so far answer, not tested").format(run=info.name)
        say(told, style="yellow")
    else:
        finish = f"namecls runs finish {shlex.quote(str(info.directory))}"
        told = _("{run}: is not finished; its best weights so far answer, not tested; to test it: {command}")
        say(told.format(run=info.name, command=finish), style="yellow")


def tell_of_risk(predictor: Predictor, risk: float | None) -> None:
    """Say what it costs to keep a risk.

    :raises ConfigError: if the model knows nothing of risks.
    """
    if risk is None:
        return
    calibration = predictor.calibrations[0]
    threshold = calibration.threshold(risk)
    if calibration.risks is None or threshold is None:
        told = _(
            "no name is answered: of {run} it can't be shown for any of them that at most {risk} of the answers are "
            "wrong; allow for more risk"
        )
        say(told.format(run=predictor.info.name, risk=as_percent(risk)), style="bold yellow")
    elif sys.stdout.isatty():
        share = percent(calibration.risks.share_answered(threshold))
        told = _("at a risk of {risk} it answers {share} of its calibration rows")
        say(told.format(risk=as_percent(risk), share=share), style="dim")
