import json

import pytest

from namecls.errors import RunError
from namecls.events import (
    EpochEnd,
    Event,
    Finished,
    LabelScore,
    Metrics,
    Prediction,
    Progress,
    Ranked,
    Started,
    event_from_json,
    event_to_json,
)

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
    confusion=((1, 1), (0, 2)),
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


def test_a_prediction_is_told_with_its_ranking_and_status() -> None:
    prediction = Prediction(name="Bai", status="ok", ranked=(Ranked("Chinese", 0.9),), unknown=())
    assert prediction.to_json() == {
        "name": "Bai",
        "ranked": [{"label": "Chinese", "probability": 0.9}],
        "status": "ok",
        "likely": [],
    }
