"""`namecls compare`: the tutorial's experiment: the same training with other networks, under several seeds."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Annotated

import typer

from namecls.cli.console import Column, counted, percent, say, show, show_json, show_paragraph, show_table
from namecls.cli.edits import EditsOf, edit_table
from namecls.cli.options import (
    ANYHOW,
    Data,
    SaveDir,
    find_comparison,
    load_table,
    refuse_others,
    with_columns,
)
from namecls.cli.settings import NOTHING, Given, configure, option, with_settings
from namecls.cli.stopping import leave_on_signals
from namecls.cli.watching import waiting_text
from namecls.config import CELLS, PRESET
from namecls.data.layout import Columns
from namecls.errors import ConfigError, TrainingError
from namecls.events import EpochEnd, Event, Stalled, event_to_json
from namecls.files.control import LOOK_EVERY, Heard
from namecls.files.locks import check_free
from namecls.language import N_, _
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.search.compared import ComparedRun, Comparison, Spread
from namecls.search.experiment import Experiment, configs_of
from namecls.text import number

if TYPE_CHECKING:
    from namecls.search.comparison import ComparisonEvent

_DATA, _RUN = "Data", "Run"


@with_settings(without=("network", "seed", "init_from", "refit"))
@with_columns
def compare(
    cells: Annotated[
        str, typer.Option(metavar="WORDS", help="Networks to compare, with commas between; gru+ngram is one.")
    ] = ",".join(CELLS),
    seeds: Annotated[
        str, typer.Option(metavar="NUMBERS", help="Seeds under which each is trained, with commas between.")
    ] = "0,1,2",
    data: Data = None,
    where: Columns = ANYHOW,
    edits: EditsOf = None,
    preset: Annotated[str, option(PRESET, panel=None, default=True)] = "tutorial",
    settings: Given = NOTHING,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the comparison; its runs are called NAME-network-seed.",
            show_default="from what is compared",
            rich_help_panel=_RUN,
        ),
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    resume: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Resume a comparison that was interrupted.", rich_help_panel=_RUN),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per event.", rich_help_panel=_RUN)
    ] = False,
    *,
    context: typer.Context,
) -> None:
    """Compare networks: the same data, split and budget, under several seeds.

    Each is trained, tested on the same held-out names, and kept as a run. Told
    are accuracy, macro-F1 and time, each with its spread over the seeds; how
    much the answers hang on letters far before the last one (the size of the
    gradient there, as a share of that at the last letter); and which
    differences exceed the noise of test names and seeds (paired bootstrap over
    both, 95 % intervals).

    Ctrl-C leaves a checkpoint; the same command, or --resume, resumes
    there, and takes what is finished as it is.

    Examples:
      namecls compare
      namecls compare --cells rnn,lstm,gru --seeds 0,1,2 --data mine.tsv --epochs 5
      namecls compare --cells gru,gru+ngram --preset default --json
    """
    from namecls.search import comparison

    if resume is not None:
        refuse_others(
            context, {"resume", "save_dir", "json"}, _("--resume takes what is compared from there")
        )
        experiment = Experiment.open(find_comparison(resume, save_dir))
        _follow(lambda: comparison.go_on(experiment), experiment, as_json=json)
        return
    base = configure(preset, settings)
    networks, numbers = cells.split(","), _seeds(seeds)
    try:
        configs_of(base, networks, numbers)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error
    from namecls.nn.devices import choose_device
    from namecls.training.protocol import file_record, prepare

    table = load_table(data, where, learned=True)
    if edits is not None:
        table = edit_table(table, edits)
    choose_device(base.device)
    prepare(base, table)
    experiment = Experiment.make(save_dir, base, networks, numbers, file_record(table), name, table)
    _follow(lambda: comparison.go_on(experiment, table), experiment, as_json=json)


def _follow(
    compare: Callable[[], Generator[Event | ComparisonEvent, None, None]],
    experiment: Experiment,
    *,
    as_json: bool,
) -> None:
    """Compare to the end, or until a signal or another process wants it to end, and tell of it."""
    from namecls.training.memory import keep_pages

    check_free(experiment.directory)
    heard = Heard(experiment.directory)
    heard.forget()  # what was wanted of an earlier process
    keep_pages()
    with leave_on_signals() as stopped:
        try:
            with contextlib.closing(compare()) as events:
                for event in events:
                    _tell(event, as_json=as_json)
                    while heard.wish == "pause" and not stopped:
                        time.sleep(LOOK_EVERY)
                    if stopped or heard.wish in ("stop", "leave"):
                        again = f"namecls compare --resume {shlex.quote(str(experiment.directory))}"
                        say(_("interrupted; what is finished is kept"))
                        say(_("to resume: {command}").format(command=again))
                        break
        except TrainingError as error:
            raise TrainingError(_("{error}; what is finished is kept").format(error=error)) from error
        finally:
            heard.forget()


def _seeds(text: str) -> list[int]:
    try:
        return [number(each.strip(), int) for each in text.split(",")]
    except ValueError as error:
        told = _("--seeds takes whole numbers with commas between, was: {value!r}")
        raise typer.BadParameter(told.format(value=text)) from error


def _tell(event: Event | ComparisonEvent, *, as_json: bool) -> None:
    from namecls.search.comparison import Compared, RunBegan, RunCompared

    if isinstance(event, Compared):
        found = {"event": "compared", "directory": str(event.directory), **event.comparison.to_json()}
        if as_json:
            show_json(found, indent=None)
        else:
            show_comparison(event.comparison)
    elif isinstance(event, RunBegan):
        if as_json:
            show_json(
                {"event": "run", "network": event.network, "seed": event.seed, "run": event.run}, indent=None
            )
        else:
            told = _("{number} of {runs}: {network}, seed {seed}, run {run}")
            if event.is_done:
                told = _("{number} of {runs}: {network}, seed {seed}, run {run}, finished before")
            numbers = {"number": event.number, "runs": event.runs}
            say(told.format(network=event.network, seed=event.seed, run=event.run, **numbers))
    elif isinstance(event, RunCompared):
        if not as_json:
            say(f"  {_line(event.run)}")
    elif as_json:
        show_json(event_to_json(event), indent=None)
    elif isinstance(event, EpochEnd):
        told = _("  epoch {epoch}: validation {accuracy}, {seconds:.1f} s")
        say(told.format(epoch=event.epoch, accuracy=percent(event.valid_accuracy), seconds=event.seconds))
    elif isinstance(event, Stalled):
        say(f"  {waiting_text(event)}")


def _line(run: ComparedRun) -> str:
    return _("accuracy {accuracy}, macro-F1 {macro_f1}, {seconds:.0f} s").format(
        accuracy=percent(run.accuracy), macro_f1=percent(run.macro_f1), seconds=run.seconds
    )


def show_comparison(found: Comparison) -> None:
    """A table of the networks, then which differences exceed the noise."""
    seeds = _(", ").join(map(str, found.seeds))
    rows = counted(found.test_rows, "{n:,} test row", "{n:,} test rows")
    show((_("{data}: {rows}, seeds {seeds}").format(data=found.data, rows=rows, seeds=seeds), "bold"))
    show_table(
        [
            Column("network"),
            *(
                Column(t, number=True)
                for t in (N_("accuracy"), N_("macro-F1"), N_("seconds"), N_("far letters"))
            ),
        ],
        [
            [
                each.network,
                _share(each.accuracy),
                _share(each.macro_f1),
                f"{each.seconds.mean:.1f} ± {each.seconds.deviation:.1f}",
                f"{each.far.mean:.3f} ± {each.far.deviation:.3f}" if each.far is not None else "-",
            ]
            for each in found.networks
        ],
    )
    show_paragraph(
        _(
            "Means and standard deviations over the seeds. Far letters: the size of the gradient of an answer at "
            "letters five or more before the last, as a share of that at the last one."
        ),
        2,
    )
    for each in found.differences:
        show("  ", each.text)
    if len(found.networks) > 1:
        told = _(
            "{interval:.0f} % intervals of {resamples:,} paired bootstrap resamples of test rows and seeds, not "
            "corrected for the number of pairs."
        )
        if len(found.seeds) == 1:
            told = _(
                "{interval:.0f} % intervals of {resamples:,} paired bootstrap resamples of test rows and seeds, not "
                "corrected for the number of pairs; of a single seed, how much another one would change is not in it."
            )
        show_paragraph(told.format(interval=100 * found.interval, resamples=found.resamples), 2)


def _share(spread: Spread) -> str:
    return f"{100 * spread.mean:.2f} ± {100 * spread.deviation:.2f} %"
