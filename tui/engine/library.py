"""The engine that is `namecls` itself, and the only place that reaches the half of it that needs torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tui.engine.editing import Suspects
from tui.engine.threads import leave_a_core
from tui.engine.values import Examined

if TYPE_CHECKING:
    from namecls.config import ModelConfig, TrainConfig
    from namecls.data.layout import Columns
    from namecls.data.split import Splits
    from namecls.data.table import NameTable
    from namecls.events import Event, Finished
    from namecls.explanation.evidence import TrainingNames
    from namecls.explanation.neighbours import NeighbourIndex
    from namecls.explanation.represented import Rows
    from namecls.files.locks import Holder
    from namecls.inference.prediction import Predictor
    from namecls.results import Metrics
    from namecls.runs.listing import RunInfo
    from namecls.runs.notes import Notes
    from namecls.runs.run import Run
    from namecls.search.experiment import Experiment
    from namecls.search.paired import PairedRuns
    from namecls.search.study import Study
    from namecls.training.loop import Plan
    from tui.engine.looking import Looked
    from tui.engine.unfinished import Unfinished
    from tui.engine.values import Question, ShownView
    from tui.engine.wanted import Answers, Explains
    from tui.forms.comparison import WantedComparison
    from tui.forms.search import Wanted

_LABELS = 24  # of a belief
_UNITS = 12  # that tell a label
_REPLAYED = ("belief", "walk")  # views of an epoch before the last


class Explainer:
    """The views of the answers of one model, by `namecls.explanation`. Two threads may ask it at once."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._names: TrainingNames | None = None
        self._index: NeighbourIndex | None = None
        self._rows: tuple[Rows, Rows] | None = None
        self._epochs_kept: dict[int, Predictor] = {}
        self._last: dict[str, tuple[Question, ShownView]] = {}

    def explain(self, view: str, asked: Question) -> ShownView:
        asked = replace(asked, views=(), epoch=asked.epoch if view in _REPLAYED else 0)
        before = self._last.get(view)
        if before is None or before[0] != asked or view == "changes":  # by now it may know the data
            explain: Callable[[Question], ShownView] = getattr(self, f"_{view}")
            self._last[view] = before = (asked, explain(asked))
        return before[1]

    def _at(self, epoch: int) -> Predictor:
        """The model as it was after an epoch; 0: as it is."""
        from namecls.explanation.over_time import at_epoch
        from namecls.runs.run import Run

        if epoch and epoch not in self._epochs_kept:
            self._epochs_kept[epoch] = at_epoch(Run.open(self._predictor.info.directory), epoch)
        return self._epochs_kept[epoch] if epoch else self._predictor

    def _belief(self, asked: Question) -> ShownView:
        from namecls.explanation.belief import belief

        return belief(self._at(asked.epoch), asked.name, _LABELS)

    def _influence(self, asked: Question) -> ShownView:
        from namecls.explanation.influence import influence

        label, against = asked.label or None, asked.other or None
        return influence(self._predictor, asked.name, label, against, randomised=asked.randomised)

    def _changes(self, asked: Question) -> ShownView:
        from namecls.explanation.changes import changes

        return changes(self._predictor, asked.name, asked.other or None, self._names, edits=asked.edits)

    def _evidence(self, asked: Question) -> ShownView:
        from namecls.explanation.evidence import TrainingNames

        self._names = self._names or TrainingNames.of(self._predictor)
        return self._names.evidence(asked.name)

    def _neighbours(self, asked: Question) -> ShownView:
        from namecls.explanation.neighbours import NeighbourIndex

        self._index = self._index or NeighbourIndex.of(self._predictor, self._learned)
        return self._index.query(self._predictor, asked.name)

    def _units(self, asked: Question) -> ShownView:
        from namecls.explanation.represented import Rows
        from namecls.explanation.together import NAMES_EACH
        from namecls.explanation.units import separating_units

        check = Rows.of(asked.check, self._predictor.vocabulary) if asked.check is not None else None
        label, rows = asked.other or asked.label, (self._predictor, *self._learned())
        return separating_units(
            *rows, label=label, check=check, name=asked.name, k=_UNITS, names_each=NAMES_EACH
        )

    def _learned(self) -> tuple[Rows, Rows]:
        """The rows that the network was trained on, and those that it was not."""
        from namecls.explanation.represented import learned_and_held_out, run_of

        if self._rows is None:
            self._rows = learned_and_held_out(run_of(self._predictor), self._predictor.vocabulary)
        return self._rows

    def _epochs(self, asked: Question) -> ShownView:
        from namecls.explanation.over_time import over_time
        from namecls.runs.run import Run

        return over_time(Run.open(self._predictor.info.directory), asked.name)

    def _walk(self, asked: Question) -> ShownView:
        from namecls.explanation.walk import walk
        from tui.drawing.within import Walk  # draws: not for who only reads

        return Walk(tuple(walk(self._at(asked.epoch), asked.name)))

    def _reach(self, asked: Question) -> ShownView:
        from namecls.explanation.reach import reach

        return reach(self._predictor, asked.name, asked.label or None)


class Library:
    """The engine that is `namecls` itself; each call imports what it needs."""

    def load_predictor(self, path: Path | None) -> Answers:
        import torch

        from namecls.inference.prediction import Predictor

        # For one name a second thread is no help, and where the cores are busy each of many small steps waits for it.
        if torch.get_num_threads() > 1:
            torch.set_num_threads(1)
        return Predictor.load(path)

    def with_regions(self, answers: Answers, path: str) -> Answers:
        """The same model with the regions of a file.

        :raises DataError: if the file does not tell the regions of all labels.
        """
        return cast("Predictor", answers).with_regions(path)

    def explains(self, answers: Answers) -> Explains:
        return Explainer(cast("Predictor", answers))

    def load_dataset(self, path: Path | None, columns: Columns) -> NameTable:
        from namecls.data.table import load_dataset

        return load_dataset(
            path,
            name_column=columns.name,
            label_column=columns.label,
            header=columns.header,
            separator=columns.separator,
            encoding=columns.encoding,
            weight_column=columns.weight,
        )

    def list_runs(self, save_dir: Path, newest: int | None = None) -> list[RunInfo]:
        """The shipped model first, then the runs of `save_dir`, newest first, at most so many of them."""
        from namecls.runs.listing import list_runs

        return _with_shipped(save_dir, list_runs(save_dir, newest))

    def watch_runs(self, save_dir: Path) -> Callable[[], list[RunInfo] | None]:
        """What tells the same list whenever it is asked, and None as long as that is what it told before."""
        from namecls.runs.changes import Changes

        changes = Changes(save_dir)

        def look() -> list[RunInfo] | None:
            runs = changes.look()
            return _with_shipped(save_dir, runs) if runs is not None else None

        return look

    def describe_run(self, directory: Path) -> RunInfo:
        from namecls.runs.listing import describe_run

        return describe_run(directory)

    def read_metrics(self, directory: Path) -> Metrics | None:
        """Read the test metrics of a run; None if it was not tested."""
        from namecls.runs.run import Run

        return Run.open(directory).metrics()

    def find_suspects(self, table: NameTable) -> Iterator[object]:
        """Find rows that are probably labelled wrongly: events of cross-validation, last the `Suspects`.

        The shipped model gives a second opinion where it knows half of the labels and was not trained on the file.
        """
        from namecls.config import PRESETS
        from namecls.repair.found import Suspected
        from namecls.repair.opinion import shipped_opinion
        from namecls.repair.suspects import find_suspects, suggest, usual_preset

        preset = PRESETS[usual_preset(len(table))]
        config, opinion = leave_a_core(preset.config), shipped_opinion(table)
        with closing(find_suspects(config, table, second_opinion=opinion)) as events:
            for event in events:
                yield Suspects.of(event, suggest(event, table)) if isinstance(event, Suspected) else event

    def find_mistakes(self, directory: Path) -> Examined:
        """Find what a model gets wrong of its test and validation rows.

        :raises NameclsError: if these are not where they were, or not known.
        """
        from namecls.inference.mistakes import find_mistakes
        from namecls.inference.prediction import Predictor
        from namecls.runs.manifest import read_manifest
        from namecls.runs.run import WEIGHTS, Run
        from namecls.training.protocol import recorded_splits

        run = Run.open(directory)
        splits, data = recorded_splits(run), run.record().data
        found = find_mistakes(Predictor.load(directory), {"test": splits.test, "valid": splits.validation})
        weights = read_manifest(directory)["files"][WEIGHTS]["sha256"] if run.finished else ""
        return Examined(found, None if data.is_embedded else splits.test.source, data.columns, weights)

    def read_network(self, init_from: str) -> ModelConfig:
        """Read the network config of a model to start from."""
        from namecls.runs.origin import read_network

        return read_network(init_from)

    def find_unfinished(self, save_dir: Path) -> list[Unfinished]:
        from tui.engine.unfinished import find_unfinished

        return find_unfinished(save_dir)

    def open_history(self, directory: Path) -> Iterator[Event]:
        """Read the events of a run, lazily: they may be many."""
        from namecls.runs.follow import Tail
        from namecls.runs.run import Run

        for events in iter(Tail(Run.open(directory)).read, []):
            yield from events

    def plan(self, config: TrainConfig, table: NameTable, *, measure: bool) -> Plan:
        from namecls.training.loop import plan

        return plan(config, table, measure=measure)

    def create_run(self, save_dir: Path, config: TrainConfig, watched: Sequence[str] = ()) -> Run:
        from namecls.runs.run import Run
        from namecls.runs.watched import watch_names

        run = Run.create(save_dir, config)
        if watched:
            watch_names(run, watched)
        return run

    def watched_names(self, directory: Path) -> tuple[str, ...]:
        from namecls.runs.run import Run
        from namecls.runs.watched import watched_names

        return watched_names(Run.open(directory))

    def watch_names(self, directory: Path, names: Sequence[str]) -> None:
        from namecls.runs.run import Run
        from namecls.runs.watched import watch_names

        watch_names(Run.open(directory), names)

    def reopen_run(self, directory: Path) -> tuple[Run, TrainConfig, Splits]:
        """Open a run with its config and its data, read again from where they lie."""
        from namecls.runs.run import Run
        from namecls.training.protocol import recorded_splits

        run = Run.open(directory)
        return run, run.config(), recorded_splits(run)

    def train(
        self,
        config: TrainConfig,
        data: NameTable | Splits,
        run: Run,
        *,
        resume: bool,
        gradients: Callable[[], bool],
    ) -> Iterator[Event]:
        from namecls.training.loop import train
        from namecls.training.memory import keep_pages

        keep_pages()
        return train(config, data, run, resume=resume, gradients=gradients)

    def finish(self, run: Run, data: NameTable | Splits) -> Finished:
        from namecls.training.loop import finish

        return finish(run, data)

    def begin_background(
        self, save_dir: Path, config: TrainConfig, table: NameTable, watched: Sequence[str] = ()
    ) -> Run:
        """Start a training in a process of its own.

        :param watched: names to rank after every epoch.
        """
        from namecls.training.protocol import prepare, write_record

        prepared = prepare(config, table)  # before there is a run: it may be that it can't be trained on
        run = self.create_run(save_dir, config, watched)
        write_record(run, config, prepared)
        self.start_background(run)
        return run

    def compare_runs(self, first: Path, second: Path) -> PairedRuns:
        """Compare two finished runs on the test rows that they share."""
        from namecls.runs.run import Run
        from namecls.search.pairing import compare_runs

        return compare_runs(Run.open(first), Run.open(second))

    def compare_files(self, directory: Path) -> list[tuple[str, str]]:
        """The files of a run, and whether each is as it was written."""
        from namecls.runs.run import Run
        from namecls.runs.sharing import compare

        return list(compare(Run(directory)))

    def start_background(self, run: Run) -> Holder:
        from namecls.files.background import start

        return start(run.directory)

    def delete_run(self, save_dir: Path, name: str) -> None:
        from namecls.runs.listing import delete_run

        delete_run(save_dir, name)

    def look_at(self, directory: Path, save_dir: Path) -> Looked:
        from tui.engine.looking import look_at

        return look_at(directory, save_dir)

    def note_run(self, directory: Path, text: str) -> Notes:
        """Write a note and tags on a run."""
        from namecls.runs.notes import notes_of, write_notes
        from namecls.runs.run import Run

        write_notes(Run.open(directory), notes := notes_of(text))
        return notes

    def list_studies(self, save_dir: Path) -> list[tuple[Study, Holder | None]]:
        from namecls.files.locks import holder_of
        from namecls.search.study import list_studies

        return [(study, holder_of(study.directory)) for study in list_studies(save_dir)]

    def create_study(self, save_dir: Path, wanted: Wanted, table: NameTable) -> Path:
        """Create a study without trials."""
        from namecls.nn.devices import choose_device
        from namecls.search.study import Study
        from namecls.training.protocol import file_record, prepare

        choose_device(wanted.base.device)
        prepare(wanted.base, table)
        study = Study.create(
            save_dir,
            wanted.base,
            wanted.space,
            objective=wanted.objective,
            budget=wanted.budget,
            data=file_record(table),
            edits_of=table,
        )
        return study.directory

    def start_search(self, directory: Path) -> Holder:
        from namecls.files.background import start

        return start(directory, "tune")

    def list_comparisons(self, save_dir: Path) -> list[tuple[Experiment, Holder | None]]:
        from namecls.files.locks import holder_of
        from namecls.search.experiment import list_experiments

        return [(each, holder_of(each.directory)) for each in list_experiments(save_dir)]

    def create_comparison(self, save_dir: Path, wanted: WantedComparison, table: NameTable) -> Path:
        """Write down what is compared; the same again is the same comparison."""
        from namecls.nn.devices import choose_device
        from namecls.search.experiment import Experiment
        from namecls.training.protocol import file_record, prepare

        choose_device(wanted.base.device)
        prepare(wanted.base, table)
        return Experiment.make(
            *(save_dir, wanted.base, wanted.networks, wanted.seeds, file_record(table)), edits_of=table
        ).directory

    def start_comparison(self, directory: Path) -> Holder:
        from namecls.files.background import start

        return start(directory, "compare")


def _with_shipped(save_dir: Path, runs: list[RunInfo]) -> list[RunInfo]:
    from namecls.paths import packaged_model
    from namecls.runs.listing import describe_run

    shipped = packaged_model()
    if shipped.parent.resolve() == save_dir.resolve():
        runs = [info for info in runs if info.name != shipped.name]
    return [describe_run(shipped), *runs] if shipped.exists() else runs
