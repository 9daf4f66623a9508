"""A recipe measured over seeds: the part of `namecls evaluate` that trains."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from namecls.cli.console import Column, counted, percent, say, show, show_json, show_table, translated
from namecls.cli.options import not_one_of
from namecls.cli.settings import Given, configure
from namecls.config import PROTOCOLS, TrainConfig
from namecls.errors import ConfigError
from namecls.guarantees import COVERAGE, METHODS
from namecls.language import N_, _
from namecls.text import whole_number

_SHARE = round(100 * COVERAGE)
_IN_SET, _LABELS_IN_SET = N_("in the {share} % set"), N_("labels in the {share} % set")

if TYPE_CHECKING:
    from namecls.data.split import Splits
    from namecls.data.table import NameTable
    from namecls.training.recipe import Trial


def configs_of(seeds: str, preset: str, settings: Given) -> list[TrainConfig]:
    """The config of each seed of a list such as ``0,1,2``.

    :raises typer.BadParameter: if this is no such list, or a setting is wrong.
    """
    config = configure(preset, settings)
    try:
        return [dataclasses.replace(config, seed=whole_number(part.strip())) for part in seeds.split(",")]
    except (ValueError, ConfigError):
        raise typer.BadParameter(
            _("--seeds must be whole numbers from 0 on with commas between, was: {value!r}").format(
                value=seeds
            )
        ) from None


def check_protocol(protocol: str | None, *, given: bool) -> str:
    """The protocol that is meant.

    :param given: whether the rows come in three files.
    :raises typer.BadParameter: if it is none, or does not go with the files.
    """
    if protocol is None:
        return "published" if given else "grouped"
    if protocol not in PROTOCOLS:
        raise typer.BadParameter(not_one_of("--protocol", PROTOCOLS, protocol))
    if protocol == "published" and not given:
        raise typer.BadParameter(
            _(
                "--protocol published means rows that come in three files: give --data, --validation and --test"
            )
        )
    if protocol != "published" and given:
        told = _("--validation and --test are a split already: leave out --protocol {protocol}")
        raise typer.BadParameter(told.format(protocol=protocol))
    return protocol


def measure_recipe(
    configs: Sequence[TrainConfig],
    dataset: NameTable | Splits,
    *,
    title: str,
    protocol: str,
    train_rows: int | None,
    as_json: bool,
) -> None:
    """Train and test with each config, and show how the figures spread.

    :param title: of the data.
    """
    from namecls.training.memory import keep_pages
    from namecls.training.recipe import run_trial

    keep_pages()
    trials = []
    for config in configs:
        trial = run_trial(config, dataset, protocol, train_rows=train_rows)
        trials.append(trial)
        told = _("seed {seed}: accuracy {accuracy}, {seconds:.0f} s")
        say(told.format(seed=config.seed, accuracy=percent(trial.test.accuracy), seconds=trial.seconds))
    found = {name: values for name, values in measures(trials).items() if len(values) == len(trials)}
    if as_json:
        show_json(
            {
                "data": title,
                "protocol": protocol,
                "config": {key: value for key, value in configs[0].to_json().items() if key != "seed"},
                "summary": {
                    name: {"mean": statistics.mean(values), "spread": spread(values), "values": values}
                    for name, values in found.items()
                },
                "trials": [dataclasses.asdict(trial) for trial in trials],
            }
        )
        return
    rows = [
        [
            _in_words(name),
            *(_number(name, value) for value in (statistics.mean(values), spread(values), *values)),
        ]
        for name, values in found.items()
    ]
    first, seed = trials[0], translated(N_("seed {seed}"))
    told = _("{preset} on {data}, {protocol}: {learned}, {tested}").format(
        preset=configs[0].preset,
        data=title,
        protocol=protocol,
        learned=counted(first.train_rows, "{n:,} training row", "{n:,} training rows"),
        tested=counted(first.test.rows, "{n:,} test row", "{n:,} test rows"),
    )
    show((told, "bold"))
    show_table(
        [
            Column(""),
            Column("mean", True),
            Column("spread", True),
            *(Column(seed.format(seed=config.seed), True, of_data=True) for config in configs),
        ],
        rows,
    )
    show(_("the spread is the standard deviation over the seeds"))
    if left_out := max(trial.test.left_out for trial in trials):
        most = counted(left_out, "{n:,} test row", "{n:,} test rows")
        show(_("up to {rows} under labels without a training row, left out").format(rows=most))


def measures(trials: Sequence[Trial]) -> dict[str, list[float]]:
    """Figures of each trial by name, as JSON has them: shares in 0..1, but for labels and seconds."""
    usual = (METHODS[0], COVERAGE)
    sets = [each for t in trials for each in t.test.coverages if (each.method, each.stated) == usual]
    return {
        "accuracy": [trial.test.accuracy for trial in trials],
        "macro-F1": [trial.test.macro_f1 for trial in trials],
        "top-3": [trial.test.top_3 for trial in trials],
        "top-5": [trial.test.top_5 for trial in trials],
        "ECE": [trial.test.ece for trial in trials],
        _IN_SET.format(share=_SHARE): [each.found for each in sets],
        _LABELS_IN_SET.format(share=_SHARE): [each.mean_size for each in sets],
        N_("seconds of training"): [trial.seconds for trial in trials],
    }


def _in_words(name: str) -> str:
    """The name of a figure where people read it."""
    templates = {each.format(share=_SHARE): each for each in (_IN_SET, _LABELS_IN_SET)}
    return translated(templates[name]).format(share=_SHARE) if name in templates else translated(name)


def spread(values: Sequence[float]) -> float:
    """The standard deviation of a sample; 0 of one value."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def _number(name: str, value: float) -> str:
    return (
        f"{value:.1f}"
        if name.startswith("seconds")
        else f"{value:.2f}"
        if name.startswith("labels")
        else f"{value:.4f}"
        if name == "ECE"
        else percent(value)
    )
