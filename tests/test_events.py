import json

import pytest

from namecls.answers import Prediction, Ranked
from namecls.errors import RunError
from namecls.events import (
    EpochEnd,
    Event,
    Finished,
    Gradients,
    Progress,
    Started,
    Watched,
    WatchedName,
    event_from_json,
    event_to_json,
)
from namecls.results import Confusion, Coverage, LabelScore, Metrics, Selection

METRICS = Metrics(
    split="test",
    rows=4,
    loss=0.5,
    accuracy=0.75,
    macro_f1=0.7,
    top_3=1.0,
    top_5=1.0,
    ece=0.1,
    per_label=(
        LabelScore(label="Polish", precision=1.0, recall=0.5, f1=2 / 3, support=2),
        LabelScore(label="Czech", precision=2 / 3, recall=1.0, f1=0.8, support=2),
    ),
    confusion=Confusion(true=(0, 0, 1), predicted=(0, 1, 1), rows=(1, 1, 2)),
    coverages=(Coverage(stated=0.9, found=0.91, mean_size=1.5, method="lac"),),
    selections=(Selection(stated=0.1, threshold=None, answered=0.0, wrong=0.0),),
    ece_by_chance=0.02,
    ece_by_chance_95=0.03,
)
EVENTS: list[Event] = [
    Started(
        run="r",
        directory="save_model/r",
        title="gru-128",
        data="names.tsv",
        train_rows=8,
        validation_rows=1,
        test_rows=1,
        labels=("Czech", "Polish"),
        characters=26,
        parameters=1000,
        epochs=2,
        steps=4,
        device="cpu",
    ),
    Progress(
        epoch=1,
        step=1,
        steps=4,
        names=4,
        loss=0.7,
        accuracy=0.5,
        learning_rate=1e-3,
        names_per_second=1e4,
        elapsed=0.1,
        remaining=0.3,
    ),
    EpochEnd(
        epoch=1,
        step=2,
        train_loss=0.6,
        train_accuracy=0.5,
        valid_loss=0.7,
        valid_accuracy=0.5,
        valid_macro_f1=0.4,
        seconds=0.2,
        elapsed=0.2,
        best=True,
    ),
    Watched(
        epoch=1,
        step=2,
        names=(WatchedName(name="\x1b[2JKim", labels=("Polish", "Czech"), probabilities=(0.75, 0.25)),),
    ),
    Gradients(epoch=1, step=2, layers=("gru linear",), norms=(0.5,), letters=(1.0, 0.25), reverse=()),
    Finished(
        run="r",
        directory="save_model/r",
        reason="completed",
        best_epoch=1,
        epochs=2,
        seconds=0.4,
        validation=METRICS,
        test=METRICS,
    ),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_a_line_of_history(event: Event) -> None:
    assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


@pytest.mark.parametrize(
    "values", [{}, {"event": "party"}, {"event": "progress"}, {"event": "finished", "test": 1}]
)
def test_what_is_no_event_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(RunError):
        event_from_json(values)


_KIM = {"name": "Kim", "labels": ["Korean"], "probabilities": [1.0]}
_STEP = {"epoch": 1, "step": 1}


@pytest.mark.parametrize(
    "names",
    [
        {},
        "Kim",
        [3],
        [[]],
        [_KIM] * 21,
        [{**_KIM, "name": "a" * 201}],
        [{**_KIM, "name": 3}],
        [{**_KIM, "labels": []}],
        [{**_KIM, "labels": "Korean"}],
        [{**_KIM, "labels": ["a"] * 6, "probabilities": [0.1] * 6}],
        [{**_KIM, "labels": [None]}],
        [{**_KIM, "probabilities": [1.5]}],
        [{**_KIM, "probabilities": [True]}],
        [{**_KIM, "probabilities": ["1"]}],
        [{**_KIM, "more": 1}],
    ],
)
def test_watched_names_of_a_hostile_history_are_refused(names: object) -> None:
    assert event_from_json({"event": "watched", **_STEP, "names": [_KIM]})
    with pytest.raises(RunError, match="watched"):
        event_from_json({"event": "watched", **_STEP, "names": names})


@pytest.mark.parametrize(
    "values",
    [
        {"layers": ["a", "b"]},
        {"layers": "a"},
        {"layers": [1]},
        {"norms": [-1.0]},
        {"norms": [1e13]},
        {"norms": [True]},
        {"letters": {"a": 1}},
        {"letters": [1.0] * 1001},
        {"reverse": None},
        {"step": -1},
    ],
)
def test_gradients_of_a_hostile_history_are_refused(values: dict[str, object]) -> None:
    sound = {"event": "gradients", **_STEP, "layers": ["a"], "norms": [1.0], "letters": [], "reverse": []}
    assert event_from_json(sound)
    with pytest.raises(RunError, match="gradients"):
        event_from_json({**sound, **values})


def test_a_prediction_is_told_with_its_ranking_and_status() -> None:
    prediction = Prediction(name="Bai", status="ok", ranked=(Ranked("Chinese", 0.9),), unknown=())
    assert prediction.answer == Ranked("Chinese", 0.9)
    assert prediction.to_json() == {
        "name": "Bai",
        "ranked": [{"label": "Chinese", "probability": 0.9}],
        "status": "ok",
        "likely": [],
        "read_as": "",
        "unknown": [],
        "seen": {},
        "seen_as": "",
        "family_name": "",
        "population": "",
        "region": None,
    }


@pytest.mark.parametrize("status", ["too uncertain", "no letters"])
def test_the_record_of_a_name_that_is_not_answered_has_no_ranking(status: str) -> None:
    prediction = Prediction(
        name="Bai", status=status, ranked=(Ranked("Chinese", 0.3),), unknown=(), likely=("Chinese", "Thai")
    )
    assert prediction.answer is None
    assert prediction.to_json() == {
        "name": "Bai",
        "ranked": [],
        "status": status,
        "likely": ["Chinese", "Thai"],
        "read_as": "",
        "unknown": [],
        "seen": {},
        "seen_as": "",
        "family_name": "",
        "population": "",
        "region": None,
    }
    assert Prediction(name="Bai", status="ok", ranked=(), unknown=()).answer is None


def test_metrics_of_version_0_1_are_read_without_what_it_did_not_measure() -> None:
    values = METRICS.to_json()
    for name in ("selections", "ece_by_chance", "ece_by_chance_95"):
        del values[name]
    del values["coverages"][0]["method"]
    for score in values["per_label"]:
        del score["answered_at_10"]
    read = Metrics.from_json(json.loads(json.dumps(values)))
    assert (read.selections, read.ece_by_chance) == ((), None)
    assert read.coverages[0].method == "aps"


def test_the_whole_matrix_of_version_0_1_is_read() -> None:
    assert Metrics.from_json({**METRICS.to_json(), "confusion": [[1, 1], [0, 2]]}) == METRICS


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("selections", [{"stated": 2.0, "threshold": 0.5, "answered": 0.5, "wrong": 0.1}]),
        ("selections", [{"stated": 0.1, "threshold": "x", "answered": 0.5, "wrong": 0.1}]),
        ("selections", [{"stated": 0.1, "threshold": None, "answered": -0.5, "wrong": 0.1}]),
        ("coverages", [{"stated": 0.9, "found": float("nan"), "mean_size": 1.0, "method": "aps"}]),
        ("coverages", [{"stated": 0.9, "found": 0.9, "mean_size": 1.0, "method": 7}]),
        ("reliability", [{"confidence": 7.0, "accuracy": 0.5, "rows": 3}]),
        ("confusion", [[1]]),
        ("confusion", [[1, -1], [0, 2]]),
        ("confusion", {"true": [0], "predicted": [2], "rows": [1]}),
        ("confusion", {"true": [0], "predicted": [0, 1], "rows": [1]}),
        ("confusion", {"true": [0], "predicted": [-1], "rows": [1]}),
        ("confusion", {"true": [0], "predicted": "0", "rows": [1]}),
        ("confusion", 7),
        ("ece_by_chance", "much"),
        ("ece_by_chance_95", 1e300),
    ],
)
def test_metrics_that_can_not_be_are_refused(part: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        Metrics.from_json({**METRICS.to_json(), part: value})
