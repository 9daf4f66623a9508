"""`namecls tune`: a search for better settings, within a time."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from namecls.cli.console import say, show_json
from namecls.cli.edits import EditsOf, edit_table
from namecls.cli.help import with_values
from namecls.cli.options import (
    ANYHOW,
    Data,
    SaveDir,
    find_study,
    load_table,
    refuse_others,
    with_columns,
)
from namecls.cli.searching import conclude, show_study
from namecls.cli.settings import NOTHING, Given, configure, with_settings
from namecls.cli.stopping import StopFlag, leave_on_signals, nothing_to_stop, told_to_stop
from namecls.config import PRESETS, TrainConfig, option_of, setting_of
from namecls.data.layout import Columns
from namecls.errors import ConfigError, NameclsError, RunError
from namecls.events import Progress
from namecls.files.control import LOOK_EVERY, Heard, ask
from namecls.files.locks import check_free, holder_of
from namecls.language import _
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.search.budget import read_budget
from namecls.search.space import SPACE, space_of, texts_around, without_fixed
from namecls.search.study import OBJECTIVES, Study, check_study

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.search.loop import SearchEnded

_DATA, _SEARCH, _RUN = "Data", "Search", "Run"
_USUAL_BUDGET = "10m"
_BESIDE_RESUME = {"resume", "budget", "trials", "save_dir", "detach", "json"}
_BESIDE_SHOW = {"show_", "stop", "save_dir", "json"}


@with_values(searched="\n  ".join(f"{option_of(setting)} {text}" for setting, text in SPACE.items()))
@with_settings(only=("seed", "device", "threads"))
@with_columns
def tune(
    data: Data = None,
    where: Columns = ANYHOW,
    edits: EditsOf = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How long to search: 90s, 10m, 1h30m.",
            show_default=f"{_USUAL_BUDGET}, without --trials",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(metavar="N", help="Trials, at most.", rich_help_panel=_SEARCH)
    ] = None,
    objective: Annotated[
        str,
        typer.Option(
            metavar="|".join(OBJECTIVES),
            help="Metric to optimise for, on the validation rows.",
            rich_help_panel=_SEARCH,
        ),
    ] = OBJECTIVES[0],
    preset: Annotated[
        str,
        typer.Option(
            metavar="WORD",
            help=f"The first trial, and all that is not searched: {', '.join(PRESETS)}.",
            rich_help_panel=_SEARCH,
        ),
    ] = "default",
    space: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SETTING=VALUES",
            help="Search other values: 64,128 or 0.1..0.5 or '1e-3..1e-2 log'; one value: leave it at that.",
            show_default=False,
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="SETTING,SETTING",
            help="Search these alone.",
            show_default=False,
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    settings: Given = NOTHING,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="STUDY", help="Name of the study.", show_default="the time", rich_help_panel=_RUN
        ),
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="STUDY",
            help="Resume a study; --budget and --trials then count from its start.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    show_: Annotated[
        str | None,
        typer.Option(
            "--show", metavar="STUDY", help="Show what a study has found so far.", rich_help_panel=_RUN
        ),
    ] = None,
    stop: Annotated[
        str | None,
        typer.Option(
            metavar="STUDY",
            help="Have a study in another process stop and test its best.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    detach: Annotated[
        bool,
        typer.Option(
            "--detach", help="Search in the background, also when the terminal closes.", rich_help_panel=_RUN
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per event.", rich_help_panel=_RUN)
    ] = False,
    *,
    context: typer.Context,
) -> None:
    """Hyperparameter search: better settings than a preset's, within a time.

    The first trial is the preset itself, the next ones are drawn at random,
    the others near the best so far. A trial that falls behind what the others
    had by then is pruned. All are compared on the same validation rows; only
    the winner is tested, once, at the end. Trials are runs like any
    other.

    Ctrl-C, SIGTERM and a terminal that goes away leave a checkpoint, and
    --resume resumes from there, also after a kill.

    Searched, if nothing else is said:
      {searched}

    Examples:
      namecls tune --budget 10m
      namecls tune --data mine.tsv --budget 1h --objective macro-f1 --name mine
      namecls tune --trials 20 --only lr,dropout --space hidden=64,128,256
      namecls tune --resume mine --budget 2h
      namecls tune --show mine
    """
    if show_ is not None or stop is not None:
        refuse_others(context, _BESIDE_SHOW, _("--show and --stop only need a study"))
        _show_or_stop(show_, stop, save_dir, as_json=json)
        return
    if resume is not None:
        refuse_others(context, _BESIDE_RESUME, _("--resume takes the settings of the study"))
        study, table = _extended(Study.open(find_study(resume, save_dir)), budget, trials), None
    else:
        study, table = _created(
            lambda: _read(data, where, edits),
            configure(preset, settings, save_dir),
            space or [],
            only,
            objective=objective,
            budget=budget if budget is not None or trials is not None else _USUAL_BUDGET,
            trials=trials,
            name=name,
            save_dir=save_dir,
        )
    if detach:
        _detach(study, as_json=json)
        return
    with leave_on_signals() as stopped:
        _follow(study, table, stopped, as_json=json)


def _read(data: Path | None, where: Columns, edits: Path | None) -> NameTable:
    table = load_table(data, where, learned=True)
    return edit_table(table, edits) if edits is not None else table


def _created(
    read: Callable[[], NameTable],
    base: TrainConfig,
    changes: Sequence[str],
    only: str | None,
    *,
    objective: str,
    budget: str | None,
    trials: int | None,
    name: str | None,
    save_dir: Path,
) -> tuple[Study, NameTable | None]:
    """A new study and its rows, after all that can be wrong with it was looked for."""
    try:
        space, base = without_fixed(space_of(_texts(base, changes, only), base), base)
        seconds = read_budget(budget) if budget is not None else None
        check_study(space, objective, seconds, trials)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error

    from namecls.nn.devices import choose_device
    from namecls.training.protocol import file_record, prepare

    table = read()
    choose_device(base.device)
    prepare(base, table)
    study = Study.create(
        save_dir,
        base,
        space,
        name=name,
        objective=objective,
        budget=seconds,
        most_trials=trials,
        data=file_record(table),
        edits_of=table,
    )
    return study, table


def _texts(base: TrainConfig, changes: Sequence[str], only: str | None) -> dict[str, str]:
    """What is to be searched, as texts."""
    texts = {name: text for name, text in texts_around(base).items() if text}
    for change in changes:
        option, sign, values = change.partition("=")
        if not sign:
            raise ConfigError(
                _("--space takes a setting and its values, such as hidden=64,128, was: {value!r}").format(
                    value=change
                )
            )
        texts[setting_of(option.strip())] = values
    if only is None:
        return texts
    given = set(texts) - set(SPACE) | {setting_of(each.partition("=")[0].strip()) for each in changes}
    wanted = [setting_of(option.strip()) for option in only.split(",")]
    for setting in wanted:
        if setting not in texts:
            raise ConfigError(
                _(
                    "--only takes settings with known ranges: {settings}; for {setting!r} say which values: "
                    "--space {option}=..."
                ).format(
                    settings=_(", ").join(map(option_of, texts)), setting=setting, option=option_of(setting)
                )
            )
    return {setting: text for setting, text in texts.items() if setting in given or setting in wanted}


def _extended(study: Study, budget: str | None, trials: int | None) -> Study:
    """The study with another end, if one is given."""
    if budget is None and trials is None:
        return study
    try:
        seconds = read_budget(budget) if budget is not None else study.budget
        most = trials if trials is not None else study.most_trials
        check_free(study.directory)
        return study.extended(seconds, most)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error


def _follow(study: Study, table: NameTable | None, stopped: StopFlag, *, as_json: bool) -> None:
    """Search to the end, or until a signal or another process wants it to end, and tell of it."""
    from namecls.cli.searching import teller
    from namecls.search import loop as search
    from namecls.training.memory import keep_pages

    check_free(study.directory)
    heard = Heard(study.directory)
    heard.forget()  # what was wanted of an earlier process
    keep_pages()
    table = search.studied_table(study) if table is None else table
    ended: SearchEnded | None = None
    try:
        with (
            teller(study, as_json=as_json) as tell,
            contextlib.closing(search.search(study, table, stop=lambda: heard.wish == "stop")) as events,
        ):
            for event in events:
                if isinstance(event, search.SearchEnded):
                    ended = event
                tell(event)
                if isinstance(event, Progress):  # the search's clock stands still meanwhile
                    _wait(heard, stopped)
                if stopped and ended is None:
                    break
    except NameclsError as error:
        raise type(error)(
            _("{error}; to resume: {command}").format(error=error, command=_again(study))
        ) from error
    heard.forget()
    if ended is None:
        _tell_interrupted(study, as_json=as_json)
    elif not as_json:
        conclude(ended)


def _wait(heard: Heard, stopped: StopFlag) -> None:
    """Wait as long as another process wants it to."""
    while heard.wish == "pause" and not stopped:
        time.sleep(LOOK_EVERY)


def _detach(study: Study, *, as_json: bool) -> None:
    """Let a process in the background do it."""
    from namecls.files.background import start

    check_free(study.directory)
    holder = start(study.directory, "tune")
    if as_json:
        show_json({"event": "detached", "directory": str(study.directory), "pid": holder.pid}, indent=None)
        return
    told = _("process {pid} searches in the background, in {directory}")
    say(told.format(pid=holder.pid, directory=study.directory))
    quoted = shlex.quote(str(study.directory))
    say(_("  what it found so far: {command}").format(command=f"namecls tune --show {quoted}"))
    say(_("  to stop:              {command}").format(command=f"namecls tune --stop {quoted}"))


def _show_or_stop(wanted: str | None, stop: str | None, save_dir: Path, *, as_json: bool) -> None:
    if wanted is not None and stop is not None:
        raise typer.BadParameter(_("give --show or --stop, not both"))
    directory = find_study(stop if stop is not None else str(wanted), save_dir)
    if stop is None:
        show_study(Study.open(directory), as_json=as_json)
        return
    holder = holder_of(directory)
    if holder is None:
        raise RunError(nothing_to_stop(directory))
    ask(directory, "stop")
    say(told_to_stop(directory, holder))


def _again(study: Study) -> str:
    return f"namecls tune --resume {shlex.quote(str(study.directory))}"


def _tell_interrupted(study: Study, *, as_json: bool) -> None:
    if as_json:
        show_json(
            {"event": "interrupted", "study": study.name, "directory": str(study.directory)}, indent=None
        )
    say(_("interrupted; what was found is kept in {directory}").format(directory=study.directory))
    show = f"namecls tune --show {shlex.quote(str(study.directory))}"
    say(_("  to look at it: {command}").format(command=show))
    say(_("  to resume:     {command}").format(command=_again(study)))
