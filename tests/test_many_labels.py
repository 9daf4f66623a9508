"""10,000 labels: trained, listed, evaluated, and opened in the app."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from namecls.config import ModelConfig, TrainConfig
from namecls.data.table import NameTable, load_dataset
from namecls.events import Progress
from namecls.runs.listing import describe_run
from namecls.runs.run import METRICS, Run
from namecls.training.loop import finish, train
from tests.cli.conftest import Cli, cli  # noqa: F401
from tests.tui.screen import screen_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.dataset import DatasetScreen
from tui.screens.predict import PredictScreen

LABELS = 10_000
TINY = TrainConfig(
    model=ModelConfig(hidden_size=4, embedding_size=4, bidirectional=False, pooling="last", dropout=0.0),
    epochs=1,
    batch_size=64,
    report_every=1,
    threads=1,
    device="cpu",
)


def letters(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(4))


@pytest.fixture(scope="module")
def names_of_many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A name under each label, and under the first thirty as many as it takes to be tested."""
    path = tmp_path_factory.mktemp("many") / "many.tsv"
    rows = [f"{letters(n)}\tlabel {n:05}" for n in range(LABELS)]
    rows += [f"{letters(n)}{letter}\tlabel {n:05}" for n in range(30) for letter in "xyz"]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run_of_many(names_of_many: Path) -> Path:
    """A batch is learned, then it is stopped and tested."""
    run, table = Run.create(names_of_many.parent / "save_model", TINY, "many"), load_dataset(names_of_many)
    with closing(train(TINY, table, run)) as events:
        next(event for event in events if isinstance(event, Progress))
    finish(run, table)
    return run.directory


def test_a_run_of_many_labels_is_whole_and_small(run_of_many: Path) -> None:
    info = describe_run(run_of_many)
    assert (info.status, info.labels, info.problem) == ("finished", LABELS, "")
    assert (run_of_many / METRICS).stat().st_size < 2**22
    *_, finished = Run.open(run_of_many).history()
    assert len(Run.open(run_of_many).metrics().per_label) == LABELS  # type: ignore[union-attr]
    assert finished.test.rows == info.rows == 30  # type: ignore[union-attr]


def test_a_run_of_many_labels_is_listed_shown_and_evaluated(
    cli: Cli,  # noqa: F811
    run_of_many: Path,
) -> None:
    listed = cli("runs", "list", "--save-dir", run_of_many.parent, "--json")
    assert json.loads(listed.out)[0]["labels"] == LABELS
    assert cli("runs", "show", "many", "--save-dir", run_of_many.parent).code == 0
    outcome = cli("evaluate", "--model", run_of_many, "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["rows"] == 30


async def test_a_run_of_many_labels_answers_in_the_app_and_its_names_open(
    run_of_many: Path, names_of_many: Path
) -> None:
    app = NameclsApp(model=run_of_many)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, PredictScreen) and app.model.status == "ready")
        await pilot.press(*"abcd")
        await until(pilot, lambda: "label" in screen_of(app))
        app.open_dataset(names_of_many)
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen) and "10,000" in screen_of(app))
        await until(pilot, lambda: "label 00000" in screen_of(app))


def test_more_labels_than_a_model_may_have_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from namecls.errors import DataError
    from namecls.training import protocol
    from tests.library import SMALL, small_table

    monkeypatch.setattr(protocol, "MOST_LABELS", 2)
    with pytest.raises(DataError, match="3 labels, expected at most 2; is the label in another column"):
        next(train(SMALL, small_table(), Run.create(tmp_path, SMALL, "run")))


def test_labels_too_long_for_the_description_are_refused_before_the_training(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from namecls.errors import DataError
    from tests.library import SMALL

    monkeypatch.setattr("namecls.runs.checkpoint.LONGEST_DESCRIPTION", 2_000)
    table = NameTable.from_pairs([(f"{letters(n)}", "x" * 100 + letters(n % 20)) for n in range(200)])
    with pytest.raises(DataError, match=r"20 labels and .* are too long for a model"):
        next(train(SMALL, table, Run.create(tmp_path, SMALL, "run")))
