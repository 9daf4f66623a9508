"""Watched names: what may be in the list, and what a training makes of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from namecls.errors import ConfigError, RunError
from namecls.events import LONGEST_WATCHED, MOST_RANKED, MOST_WATCHED, EpochEnd, Finished, Watched
from namecls.inference.prediction import Predictor
from namecls.runs.run import CHECKPOINTS, WEIGHTS, Run
from namecls.runs.watched import WATCHED, names_in, watch_names, watched_names
from namecls.training.loop import train
from tests.library import SMALL, small_table

HOSTILE = ("\x1b[2JBor", "\u202eDav", "[red]Jan[/]", "Müller")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path, SMALL, "run")


def test_a_list_is_written_and_read(run: Run) -> None:
    assert watched_names(run) == ()
    watch_names(run, [*HOSTILE, "Müller"])
    assert watched_names(run) == HOSTILE
    watch_names(run, [])
    assert watched_names(run) == ()


@pytest.mark.parametrize(
    "text", ["王小明,金正日,李", "王小明，金正日，李", " 王小明、金正日；李 ;", "王小明\n金正日, 李"]
)
def test_names_stand_between_commas_of_any_kind(text: str) -> None:
    assert names_in(text) == ("王小明", "金正日", "李")


@pytest.mark.parametrize(
    "names",
    [["123"], [""], ["a" * (LONGEST_WATCHED + 1)], ["x\udcf1"], [f"a{i}" for i in range(MOST_WATCHED + 1)]],
)
def test_what_can_not_be_watched_is_refused(run: Run, names: list[str]) -> None:
    with pytest.raises(ConfigError, match="watch"):
        watch_names(run, names)
    (run.directory / WATCHED).write_text(json.dumps({"names": names}))
    with pytest.raises(RunError):
        watched_names(run)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"names": 3}',
        '{"names": [3]}',
        '{"names": [[]]}',
        '{"names": "Kim"}',
        "\xff",
        "[" * 10_000,
    ],
)
def test_a_damaged_list_does_not_stop_a_training(run: Run, content: str) -> None:
    (run.directory / WATCHED).write_text(content, encoding="latin-1")
    with pytest.raises(RunError):
        watched_names(run)
    *_, last = train(SMALL.changed({"epochs": 1}), small_table(), run)
    assert isinstance(last, Finished)


def test_a_link_or_a_pipe_is_not_followed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text('{"names": ["Secret"]}')
    (run.directory / WATCHED).symlink_to(tmp_path / "secret")
    with pytest.raises(RunError, match="link"):
        watched_names(run)
    (run.directory / WATCHED).unlink()
    os.mkfifo(run.directory / WATCHED)
    with pytest.raises(RunError, match="pipe"):
        watched_names(run)


def test_they_are_ranked_after_every_epoch_as_its_checkpoint_would(run: Run) -> None:
    (run.directory / CHECKPOINTS).mkdir()
    watch_names(run, HOSTILE)
    events = list(train(SMALL, small_table(), run))
    found = [event for event in events if isinstance(event, Watched)]
    assert [event.epoch for event in found] == [1, 2, 3]
    for event in found:
        assert events[events.index(event) - 1] == next(
            e for e in events if isinstance(e, EpochEnd) and e.epoch == event.epoch
        )
        predictor = Predictor.load(run.directory / CHECKPOINTS / f"epoch-{event.epoch:03}")
        for watched, shares in zip(event.names, predictor.network_probabilities(HOSTILE), strict=True):
            ranked = sorted(zip(shares.tolist(), predictor.labels, strict=True), reverse=True)[:MOST_RANKED]
            assert watched.labels == tuple(label for _, label in ranked)
            assert watched.probabilities == pytest.approx([share for share, _ in ranked], abs=1e-6)
    assert [event.names[0].name for event in found] == [HOSTILE[0]] * 3
    assert list(run.history(Watched)) == found


def test_the_list_is_edited_while_it_trains(run: Run) -> None:
    found = []
    for event in train(SMALL, small_table(), run):
        if isinstance(event, EpochEnd):
            watch_names(run, ["Boryan", "Davski"][: event.epoch])
        if isinstance(event, Watched):
            found.append([each.name for each in event.names])
    assert found == [["Boryan"], ["Boryan", "Davski"]]


def test_to_watch_changes_no_training_and_resuming_no_watching(tmp_path: Path) -> None:
    runs = {name: Run.create(tmp_path, SMALL, name) for name in ("alone", "watched", "resumed")}
    list(train(SMALL, small_table(), runs["alone"]))
    for name in ("watched", "resumed"):
        watch_names(runs[name], ["Boryan"])
    list(train(SMALL, small_table(), runs["watched"]))
    events = train(SMALL, small_table(), runs["resumed"])
    for event in events:
        if isinstance(event, EpochEnd):  # before the event of the watched names is fetched
            events.close()
    list(train(SMALL, small_table(), runs["resumed"], resume=True))
    assert len({(run.directory / WEIGHTS).read_bytes() for run in runs.values()}) == 1
    assert list(runs["resumed"].history(Watched)) == list(runs["watched"].history(Watched))
    assert list(runs["alone"].history(Watched)) == []
