"""An engine without torch: answers made up by hand, trainings that last as long as a test wants."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from namecls.answers import NO_LETTERS, OK, UNKNOWN_LETTERS, UNKNOWN_SCRIPT, Prediction, Ranked
from namecls.config import PRESETS, ModelConfig, TrainConfig
from namecls.data.doubts import Doubt
from namecls.data.layout import Columns
from namecls.data.slices import measure_slices
from namecls.data.table import NameTable
from namecls.data.vocab import script_of
from namecls.edits.edit import Edit, Reason
from namecls.errors import ConfigError, DataError, ModelFileError, RunError
from namecls.events import (
    EpochEnd,
    Event,
    Finished,
    Gradients,
    Progress,
    Started,
    Watched,
    WatchedName,
)
from namecls.files.locks import Holder
from namecls.guarantees import COVERAGE, COVERAGES, METHODS
from namecls.normalization import Normalizer
from namecls.results import (
    Confusion,
    Coverage,
    LabelScore,
    Metrics,
    Mistake,
    Mistakes,
    ReliabilityBin,
    Selection,
)
from namecls.runs.curves import curves_of
from namecls.runs.diagnosis import Finding
from namecls.runs.listing import RunInfo
from namecls.runs.notes import Notes, notes_of
from namecls.runs.record import DataRecord
from namecls.runs.run import Run
from namecls.search.compared import FIGURES, ComparedNetwork, ComparedRun, Comparison, Difference
from namecls.search.experiment import Experiment
from namecls.search.space import SPACE, Settings, space_of
from namecls.search.study import COMPLETED, PRUNED, Study, Trial, Winner
from namecls.text import has_letters
from tests.library import small_record
from tests.tui.explanations import MadeUp
from tui.engine.editing import Suspects, row_of
from tui.engine.library import Library
from tui.engine.looking import Looked
from tui.engine.unfinished import Unfinished
from tui.engine.values import Examined
from tui.forms.comparison import WantedComparison
from tui.forms.search import Wanted
from tui.state import FOUND_OUT

LABELS = (
    "Arabic", "Chinese", "Czech", "Danish", "English", "French", "German", "Irish", "Italian", "Japanese",
    "Korean", "Polish", "Portuguese", "Russian", "Slovak", "Spanish", "Ukrainian", "Vietnamese",
)  # fmt: skip

_ANSWERS = {
    "kowalski": ("Polish", "Czech", "Slovak", "German", "Ukrainian"),
    "yamamoto": ("Japanese", "Italian", "Spanish", "Portuguese", "Korean"),
    "nguyen": ("Vietnamese", "Chinese", "Korean", "French", "German"),
}
_SHARES = (0.684, 0.162, 0.059, 0.022, 0.015)
_KNOWN = frozenset("abcdefghijklmnopqrstuvwxyząćęłńóśźż'-. áéíñöüß")


@dataclass
class FakePredictor:
    """Knows three names, Latin letters, and gives every other name the same ranking."""

    info: RunInfo
    labels: tuple[str, ...] = LABELS
    asked: list[str] = field(default_factory=list)

    #: At which risks it answers; None: it knows of none.
    risks: tuple[float, ...] | None = (0.2,)
    #: The region of its answers.
    region: Ranked | None = None
    #: What the population is called that is asked about.
    population: str = ""
    #: Why it can't answer for another one.
    no_prior: str = ""

    def predict(self, names: Sequence[str], k: int = 3, *, coverage: float = COVERAGE) -> list[Prediction]:
        self.asked.extend(names)
        return [self._one(name, k, coverage) for name in names]

    def under(self, prior: str) -> FakePredictor:
        if self.no_prior:
            raise ConfigError(self.no_prior)
        return replace(self, population=prior, risks=None)

    def _one(self, name: str, k: int, coverage: float) -> Prediction:
        letters = Normalizer(casefold=True)(name)
        unknown = tuple(dict.fromkeys(c for c in name if not _KNOWN.issuperset(Normalizer(casefold=True)(c))))
        if not has_letters(name):
            return Prediction(name=name, status=NO_LETTERS, ranked=(), unknown=unknown)
        if not any(c in _KNOWN and c.isalpha() for c in letters):
            status = UNKNOWN_LETTERS if "LATIN" in map(script_of, letters) else UNKNOWN_SCRIPT
            return Prediction(name=name, status=status, ranked=(), unknown=unknown)
        first = _ANSWERS.get(letters, ("English", "German", "French", "Irish", "Danish"))
        rest = [label for label in self.labels if label not in first]
        left = (1 - sum(_SHARES)) / max(len(rest), 1)
        shares = [*_SHARES, *(left for _ in rest)]
        ranked = tuple(Ranked(label, share) for label, share in zip([*first, *rest], shares, strict=True))
        likely = first[: {0.8: 2, 0.9: 3, 0.95: 4}[coverage]]
        return Prediction(
            name=name,
            status=OK,
            ranked=ranked[:k],
            unknown=unknown,
            likely=() if self.population == "uniform" else likely,
            coverage=coverage,
            risks=self.risks,
            read_as=letters,
            region=self.region,
            population=self.population,
        )


class Usable(RunInfo):
    """A run whose weights need not be there."""

    __slots__ = ()

    @property
    def usable(self) -> bool:
        return self.status != "damaged"


def run_info(name: str = "default", **values: Any) -> RunInfo:
    """A run as a list shows it."""
    told: dict[str, Any] = {
        "directory": Path("save_model") / name,
        "status": "finished",
        "title": "bi-gru-128",
        "data": "names.tsv",
        "created": "2026-11-23T09:15:00+00:00",
        "labels": len(LABELS),
        "accuracy": 0.781,
        "macro_f1": 0.692,
        "top_3": 0.914,
        "rows": 6120,
    }
    return Usable(name=name, **(told | values))


def unfinished(name: str = "bi-gru-128-20261122-1801", **values: Any) -> Unfinished:
    """A training that was broken off in its fifth epoch, twenty minutes ago."""
    told: dict[str, Any] = {
        "status": "unfinished",
        "accuracy": None,
        "macro_f1": None,
        "top_3": None,
        "rows": 0,
    }
    info = run_info(name, **(told | values))
    return Unfinished(info=info, epoch=5, epochs=12, share=0.4, when=time.time() - 1210)


@dataclass(frozen=True)
class FakePlan:
    rows: int = 61_203
    train_rows: int = 48_962
    validation_rows: int = 6_120
    test_rows: int = 6_121
    labels: int = 49
    characters: int = 96
    parameters: int = 166_321
    steps_per_epoch: int = 383
    steps: int = 4_596
    seconds: float | None = 64.0
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class FakeRun:
    name: str = "bi-gru-128-20261123-0915"
    directory: Path = Path("save_model/bi-gru-128-20261123-0915")


STEPS_PER_EPOCH = 100


def started(epochs: int = 12) -> Started:
    return Started(
        run=FakeRun().name,
        directory=str(FakeRun().directory),
        title="bi-gru-128",
        data="names.tsv",
        train_rows=48_962,
        validation_rows=6_120,
        test_rows=6_121,
        labels=LABELS,
        characters=96,
        parameters=166_321,
        epochs=epochs,
        steps=epochs * STEPS_PER_EPOCH,
        device="cpu",
    )


def progress(step: int, epochs: int = 12) -> Progress:
    """The report of a step: a loss that falls, with a little noise that is always the same."""
    wave = 0.15 * math.sin(step * 1.7) + 0.1 * math.sin(step * 0.9)
    loss = 0.8 + 2.6 * math.exp(-step / 180) + wave
    return Progress(
        epoch=(step - 1) // STEPS_PER_EPOCH + 1,
        step=step,
        steps=epochs * STEPS_PER_EPOCH,
        names=step * 128,
        loss=loss,
        accuracy=min(max(0.85 - 0.7 * math.exp(-step / 200) - wave / 4, 0.0), 1.0),
        learning_rate=0.003,
        names_per_second=31_200.0,
        elapsed=step * 0.04,
        remaining=(epochs * STEPS_PER_EPOCH - step) * 0.04,
    )


def epoch_end(epoch: int) -> EpochEnd:
    return EpochEnd(
        epoch=epoch,
        step=epoch * STEPS_PER_EPOCH,
        train_loss=0.85 + 2.0 * math.exp(-epoch / 2),
        train_accuracy=0.82 - 0.5 * math.exp(-epoch / 2),
        valid_loss=1.05 + 1.6 * math.exp(-epoch / 2) + (0.02 * (epoch - 6) if epoch > 6 else 0),
        valid_accuracy=0.76 - 0.4 * math.exp(-epoch / 2) - (0.005 * (epoch - 6) if epoch > 6 else 0),
        valid_macro_f1=0.66 - 0.4 * math.exp(-epoch / 2),
        seconds=4.2,
        elapsed=4.2 * epoch,
        best=epoch <= 6,
    )


def watched(epoch: int, *names: str) -> Watched:
    """Names that are ranked after an epoch: of the first the label stays, of the others it changes once."""
    share = 0.9 - 0.7 * math.exp(-epoch / 3)
    told = []
    for at, name in enumerate(names):
        labels = ("Polish", "Czech") if at == 0 or epoch > 2 else ("German", "Polish")
        told.append(WatchedName(name=name, labels=labels, probabilities=(share, (1 - share) / 2)))
    return Watched(epoch=epoch, step=epoch * STEPS_PER_EPOCH, names=tuple(told))


def gradients(step: int) -> Gradients:
    """Norms of a bidirectional GRU beside n-grams, the smaller the farther a letter is from the last one."""
    return Gradients(
        epoch=(step - 1) // STEPS_PER_EPOCH + 1,
        step=step,
        layers=(
            "gru input",
            "gru layer 1",
            "gru layer 1 reverse",
            "gru linear",
            "ngram table",
            "ngram linear",
        ),
        norms=(0.1 + step / 1e4, 0.2, 0.05, 0.7, 0.3 / step, 0.4),
        letters=tuple(0.8 / 2**at for at in range(8)),
        reverse=tuple(0.5 / 1.5**at for at in range(8)),
    )


def looked_into(script: Sequence[Event], *names: str) -> list[Event]:
    """The same training with watched names and gradient norms."""
    events: list[Event] = []
    for event in script:
        events.append(event)
        if isinstance(event, EpochEnd):
            events.append(watched(event.epoch, *names))
        elif isinstance(event, Progress) and event.step % 40 == 0:
            events.append(gradients(event.step))
    return events


def metrics(split: str = "test") -> Metrics:
    scores = tuple(LabelScore(label=name, precision=0.7, recall=0.7, f1=0.7, support=340) for name in LABELS)
    bins = tuple(
        ReliabilityBin(confidence=c, accuracy=c - 0.04 * math.sin(9 * c), rows=n)
        for c, n in ((0.11, 4), (0.24, 180), (0.41, 420), (0.6, 710), (0.79, 1_160), (0.96, 3_647))
    )
    sizes = {"aps": (2.4, 4.1, 7.2), "raps": (2.4, 4.0, 6.9), "lac": (2.1, 3.8, 7.0)}
    coverages = tuple(
        Coverage(stated=stated, found=stated + 0.003, mean_size=size, method=method)
        for method in METHODS
        for stated, size in zip(COVERAGES, sizes[method], strict=True)
    )
    selections = (
        Selection(stated=0.2, threshold=0.41, answered=0.893, wrong=0.188),
        Selection(stated=0.1, threshold=0.7, answered=0.641, wrong=0.091),
        Selection(stated=0.05, threshold=None, answered=0.0, wrong=0.0),
    )
    return Metrics(
        split=split, rows=6_121, loss=0.812, accuracy=0.781, macro_f1=0.692, top_3=0.914, top_5=0.958,
        ece=0.021, per_label=scores, confusion=Confusion(), reliability=bins,
        coverages=coverages, selections=selections, ece_by_chance=0.0132, ece_by_chance_95=0.0187,
    )  # fmt: skip


def finished(reason: str = "completed", epochs: int = 12) -> Finished:
    return Finished(
        run=FakeRun().name,
        directory=str(FakeRun().directory),
        reason=reason,
        best_epoch=min(6, epochs),
        epochs=epochs,
        seconds=50.4,
        validation=metrics("validation"),
        test=metrics(),
    )


def whole_training(epochs: int = 12) -> list[Event]:
    """All events of a training that goes through."""
    events: list[Event] = [started(epochs)]
    for epoch in range(1, epochs + 1):
        first = (epoch - 1) * STEPS_PER_EPOCH
        events += [progress(first + step, epochs) for step in range(1, STEPS_PER_EPOCH + 1)]
        events.append(epoch_end(epoch))
    return [*events, finished(epochs=epochs)]


BASE = PRESETS["default"].config
_TRIED: tuple[dict[str, Any], ...] = (
    {},
    {"learning_rate": 0.00321, "network": "lstm+ngram", "hidden_size": 192},
    {"learning_rate": 0.0184, "layers": 2, "epochs": 6},
    {"learning_rate": 0.00456, "hidden_size": 256, "dropout": 0.312},
)


def tried(number: int, **values: Any) -> Trial:
    """A trial of a search, the fourth one still in work."""
    settings: Settings = {name: BASE.value_of(name) for name in SPACE} | _TRIED[number - 1]
    figures = ((0.71, 0.762, 0.781), (0.73, 0.779, 0.803), (0.62,), ())[number - 1]
    told: dict[str, Any] = {
        "run": f"tune-{number:03}",
        "settings": settings,
        "epochs": int(settings["epochs"]),
        "status": (COMPLETED, COMPLETED, PRUNED, "running")[number - 1],
        "figures": figures,
        "best_epoch": len(figures),
        "accuracy": figures[-1] if figures else None,
        "macro_f1": figures[-1] - 0.1 if figures else None,
        "seconds": (61.0, 74.0, 12.0, 0.0)[number - 1],
    }
    return Trial(number=number, **(told | values))


def study(
    save_dir: Path, trials: int = 3, *, name: str = "tune", tested: bool = False, **values: Any
) -> Study:
    """A search on disk, with some trials that are over; from the fourth on in work."""
    data = DataRecord(file="names.tsv", is_embedded=True)
    told: dict[str, Any] = {"budget": 600.0, "data": data} | values
    made = Study.create(save_dir, BASE, space_of(SPACE, BASE), name=name, **told)
    for number in range(1, trials + 1):
        trial = tried(number)
        made = made.begun(trial)
        made = made.ended(trial) if trial.is_over else made
    if tested:
        made = made.won(Winner(trial=2, accuracy=0.7934, macro_f1=0.689, top_3=0.921, rows=6_121))
    return made


def mistakes(labels: Sequence[str] = LABELS) -> Mistakes:
    """Three of the first labels taken for each other, two mistakes each, beside nine right answers of every label."""
    cells = {(at, at): 9 for at in range(len(labels))}
    rows = []
    for at, (true, given) in enumerate([(0, 2), (2, 0), (1, 2)]):
        for split, line in (("test", 2 * at + 1), ("valid", 2 * at + 2)):
            cells[true, given] = cells.get((true, given), 0) + 1
            rows.append(
                Mistake(
                    split=split,
                    line=line,
                    name=f"{labels[true]}name{line % 5}",
                    label=labels[true],
                    given=labels[given],
                    confidence=0.99 - 0.1 * (line - 1),
                    of_label=0.01,
                )
            )
    places = sorted(cells)
    confusion = Confusion(
        tuple(true for true, _ in places), tuple(given for _, given in places), tuple(map(cells.get, places))
    )
    names = [row.name for row in rows if row.split == "test"] * 9
    slices = measure_slices(names, [at > 2 for at in range(len(names))])
    return Mistakes(labels=tuple(labels), rows=tuple(rows), confusion=confusion, slices=slices)


def compared_run(network: str, seed: int, epochs: int = 5) -> ComparedRun:
    """A run of a comparison: the better, the later its network stands in the alphabet backwards."""
    worth = {"rnn": 0.0, "lstm": 0.03, "gru": 0.05}.get(network, 0.01) + 0.004 * seed
    return ComparedRun(
        network=network,
        seed=seed,
        run=f"compare-{network}-{seed}",
        accuracy=0.39 + worth,
        macro_f1=0.28 + worth,
        seconds=12.0 + seed,
        epochs=epochs,
        parameters=32_579,
        validation=tuple(0.4 + worth - 0.2 / (at + 1) for at in range(epochs)),
        reach=tuple(1 / (1 + at * (0.5 - 4 * worth)) for at in range(8)),
        far=0.2 + 2 * worth,
    )


def experiment(
    save_dir: Path, measured: int = 4, networks: Sequence[str] = ("rnn", "lstm", "gru"), **values: Any
) -> Experiment:
    """A comparison under three seeds, of which some runs are over; with its result, if all are."""
    seeds = (0, 1, 2)
    runs = [compared_run(network, seed) for network in networks for seed in seeds]
    result = None
    if measured >= len(runs):
        pairs = itertools.combinations(networks, 2)
        result = Comparison(
            name="compare",
            data="names.tsv",
            seeds=seeds,
            test_rows=6_121,
            networks=tuple(ComparedNetwork.of([r for r in runs if r.network == n]) for n in networks),
            differences=tuple(
                Difference(
                    first=first, second=second, figure=figure, mean=-0.03 + 0.01 * at, low=-0.042 + 0.01 * at,
                    high=-0.018 + 0.01 * at, exceeds_noise=at < 2,
                )
                for at, (first, second) in enumerate(pairs)
                for figure in FIGURES
            ),
        )  # fmt: skip
    told: dict[str, Any] = {
        "data": DataRecord(file="names.tsv", is_embedded=True),
        "created": "2026-11-23T09:15",
    }
    return Experiment(
        directory=save_dir / "compare",
        base=PRESETS["tutorial"].config.changed({"epochs": 5}),
        networks=tuple(networks),
        seeds=seeds,
        measured=tuple(runs[:measured]),
        result=result,
        **(told | values),
    )


class FakeEngine:
    """Plays `script` as a training; where the script says None, it waits until `gate` is set."""

    def __init__(self, script: Sequence[Event | None] = (), *, table: NameTable | None = None) -> None:
        self.script = list(script)
        self.table = table or NameTable.from_pairs(
            [(f"{label}name{i}", label) for label in LABELS for i in range(5)], Path("names.tsv")
        )
        self.predictor = FakePredictor(run_info())
        self.explaining = MadeUp()
        self.runs = [run_info(), run_info("bi-gru-128-20261122-1801", accuracy=0.774)]
        self.gate = threading.Event()
        self.at_gate = threading.Event()
        self.loaded = threading.Event()  # a model is only loaded when this is set
        self.loaded.set()
        self.closed = threading.Event()  # the training's generator was closed or came to its end
        self.finishes = 0
        self.trained: list[TrainConfig] = []
        self.trained_on: list[Any] = []
        self.resumed: list[bool] = []
        self.deleted: list[str] = []
        self.noted: dict[Path, str] = {}
        self.unfinished: list[Unfinished] = []
        self.watched: tuple[str, ...] = ()
        self.are_gradients_wanted: Callable[[], bool] = lambda: False
        self.studies: list[tuple[Study, Holder | None]] = []
        self.wanted: list[Wanted] = []  # searches
        self.searched: list[Path] = []
        self.study_directory = Path("save_model/tune")
        self.comparisons: list[tuple[Experiment, Holder | None]] = []
        self.wanted_comparisons: list[WantedComparison] = []
        self.compared: list[Path] = []
        self.comparison_directory = Path("save_model/compare")

    def load_predictor(self, path: Path | None) -> FakePredictor:
        self.loaded.wait(120)
        if path is not None and path.name == "damaged":
            raise ModelFileError(f"{path}: model.json is missing")
        if path is None:
            return self.predictor
        return FakePredictor(run_info(path.name, directory=path))

    def explains(self, answers: Any) -> MadeUp:  # noqa: ARG002
        return self.explaining

    def load_dataset(self, path: Path | None, columns: Columns = FOUND_OUT) -> NameTable:
        if path is None:
            return self.table
        if path.name == "missing.tsv":
            raise DataError(f"{path}: there is no such file")
        return Library().load_dataset(path, columns)

    def list_runs(self, save_dir: Path, newest: int | None = None) -> list[RunInfo]:  # noqa: ARG002
        return self.runs[:newest]

    def watch_runs(self, save_dir: Path) -> Callable[[], list[RunInfo] | None]:
        told: list[list[RunInfo]] = []

        def look() -> list[RunInfo] | None:
            runs = self.list_runs(save_dir)
            if told[-1:] == [runs]:
                return None
            told[:] = [list(runs)]
            return list(runs)

        return look

    def describe_run(self, directory: Path) -> RunInfo:
        found = [info for info in self.runs if info.directory == directory]
        return found[0] if found else run_info(directory.name, directory=directory, status="unfinished")

    def read_metrics(self, directory: Path) -> Metrics | None:
        if directory.name == "imported":
            return None
        if directory.name == "broken":
            raise RunError(f"{directory}: expected metrics [/b]\x1b[31m")
        return metrics()

    def find_mistakes(self, directory: Path) -> Examined:
        if directory.name in ("imported", "broken"):
            raise DataError(f"{directory}: its rows are not known [/b]\x1b[31m")
        return Examined(mistakes(self.predictor.labels), None, Columns())

    def find_suspects(self, table: NameTable) -> Iterator[object]:
        from namecls.repair.found import FoldBegan

        for fold in (1, 2):
            yield FoldBegan(fold=fold, folds=2, rows=5)
            self.gate.wait(30)
            self.gate.clear()
        rows = table.frame.select("line", "name", "label").rows()[:3]
        if len(rows) < 3:
            raise DataError("expected a label with three different names [/b]\x1b[31m")
        why = [Reason(by="suspects", score=0.001 * line, model="0" * 64) for line, _, _ in rows]
        edits = [
            (Edit.relabel(*rows[0][1:], rows[0][0], LABELS[-1], why[0]),),
            tuple(Edit.drop(name, label, line, why[1]) for line, name, label in rows[1:]),
        ]
        yield Suspects(
            rows=tuple(
                Mistake(
                    split="",
                    line=line,
                    name=name,
                    label=label,
                    given=LABELS[-1],
                    confidence=0.9,
                    of_label=0.001,
                )
                for line, name, label in rows[:2]
            ),
            edits={row_of(each[0]): each for each in edits},
            estimated=2,
        )

    def read_network(self, init_from: str) -> ModelConfig:
        if init_from.endswith("damaged"):
            raise ModelFileError(f"{init_from}: is no model to start from: [/b]\x1b[31m")
        return ModelConfig(network="lstm", hidden_size=96, bidirectional=False, dropout=0.1, alphabet="abc")

    def find_unfinished(self, save_dir: Path) -> list[Unfinished]:  # noqa: ARG002
        return self.unfinished

    def open_history(self, directory: Path) -> Iterator[Event]:  # noqa: ARG002
        return iter(whole_training(3))

    def plan(self, config: TrainConfig, table: NameTable, *, measure: bool) -> Any:  # noqa: ARG002
        return FakePlan(rows=len(table), labels=len(table.labels), seconds=64.0 if measure else None)

    def create_run(self, save_dir: Path, config: TrainConfig, watched: Sequence[str] = ()) -> Any:  # noqa: ARG002
        self.watched = tuple(watched)
        return FakeRun()

    def watched_names(self, directory: Path) -> tuple[str, ...]:
        if directory.name == "broken":
            raise RunError(f"{directory}: expected a list of names [/b]\x1b[31m")
        return self.watched

    def watch_names(self, directory: Path, names: Sequence[str]) -> None:  # noqa: ARG002
        self.watched = tuple(names)

    def reopen_run(self, directory: Path) -> Any:
        return Run(directory), TrainConfig(), self.table

    def start_background(self, run: Any) -> Holder:
        raise RunError(f"{run.directory}: no process could be started: out of processes")

    def delete_run(self, save_dir: Path, name: str) -> None:  # noqa: ARG002
        self.deleted.append(name)
        self.unfinished = [each for each in self.unfinished if each.info.name != name]

    def train(
        self,
        config: TrainConfig,
        data: Any,
        run: Any,  # noqa: ARG002
        *,
        resume: bool,
        gradients: Callable[[], bool],
    ) -> Iterator[Event]:
        self.trained.append(config)
        self.trained_on.append(data)
        self.are_gradients_wanted = gradients
        self.resumed.append(resume)
        try:
            for event in self.script:
                if event is None:
                    self.at_gate.set()
                    self.gate.wait(120)
                    self.gate.clear()
                else:
                    yield event
        finally:
            self.closed.set()

    def look_at(self, directory: Path, save_dir: Path) -> Looked:
        """A training of three epochs; of some runs with another seed, or one that can't be read."""
        if directory.name == "broken":
            return Looked(problem=f"{directory}: expected a history [/b]\x1b[31m")
        seed = sum(map(ord, directory.name)) % 11
        events = [
            replace(event, valid_loss=event.valid_loss + seed / 9) if isinstance(event, EpochEnd) else event
            for event in whole_training(3)
        ]
        finding = Finding(
            kind="overfitting", text="Overfitting.", advice="More dropout.", settings=("dropout",)
        )
        return Looked(
            curves=curves_of(events),
            findings=(finding,),
            settings=small_record(train=TrainConfig(seed=seed)).settings,
            command=f"namecls train --save-dir {save_dir}",
        )

    def note_run(self, directory: Path, text: str) -> Notes:
        notes = notes_of(text)
        self.noted[directory] = text
        self.runs = [
            replace(info, note=notes.note, tags=notes.tags) if info.directory == directory else info
            for info in self.runs
        ]
        return notes

    def list_studies(self, save_dir: Path) -> list[tuple[Study, Holder | None]]:  # noqa: ARG002
        return self.studies

    def create_study(self, save_dir: Path, wanted: Wanted, table: Any) -> Path:  # noqa: ARG002
        self.wanted.append(wanted)
        return self.study_directory

    def start_search(self, directory: Path) -> Holder:
        self.searched.append(directory)
        return Holder(4711, "lab", "2026-11-23T10:00:00")

    def list_comparisons(self, save_dir: Path) -> list[tuple[Experiment, Holder | None]]:  # noqa: ARG002
        return self.comparisons

    def create_comparison(self, save_dir: Path, wanted: WantedComparison, table: Any) -> Path:  # noqa: ARG002
        self.wanted_comparisons.append(wanted)
        return self.comparison_directory

    def start_comparison(self, directory: Path) -> Holder:
        self.compared.append(directory)
        return Holder(4711, "lab", "2026-11-23T10:00:00")

    def finish(self, run: Any, data: Any) -> Finished:  # noqa: ARG002
        self.finishes += 1
        return finished("stopped", 3)
