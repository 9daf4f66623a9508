"""Counts of the training rows, put beside the network by the training itself."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from namecls.data.split import deduplicate
from namecls.data.table import REPEATS, NameTable
from namecls.events import Finished
from namecls.inference.prediction import Predictor
from namecls.runs.counted import load_counted
from namecls.runs.run import COUNTS, Run
from namecls.training.loop import train
from namecls.training.protocol import recorded_splits
from tests.library import SMALL, small_table

CONFIG = dataclasses.replace(SMALL, epochs=1)


def people(times: int = 4) -> NameTable:
    """Each name of the small table with so many bearers, one of them under the next label."""
    table = small_table()
    pairs = list(zip(table.names, table.label_of_rows, strict=True))
    others = [(name, table.labels[table.labels.index(label) - 1]) for name, label in pairs]
    return NameTable.from_pairs(pairs * (times - 1) + others)


def trained(directory: Path, table: NameTable, **values: object) -> tuple[Run, Finished]:
    config = CONFIG.changed(values)
    run = Run.create(directory, config, f"run-{len(list(directory.iterdir()))}")
    *_, last = train(config, table, run)
    assert isinstance(last, Finished)
    return run, last


def test_a_training_counts_rows_that_are_repeated(tmp_path):
    run, with_counts = trained(tmp_path, people())
    network, without = trained(tmp_path, people(), name_counts=False)
    assert not (network.directory / COUNTS).exists()
    assert (run.directory / "model.safetensors").read_bytes() == (
        network.directory / "model.safetensors"
    ).read_bytes()
    assert with_counts.test == without.test  # no name of it is among those counted

    _, figures = load_counted(run, 3)
    assert figures.split == "people"
    assert figures.rows == pytest.approx(4 * with_counts.test.rows / 2, abs=1)  # two rows for each name
    splits = deduplicate(people())
    assert splits.frame[REPEATS].to_list() == [3.0] * 144 + [1.0] * 144

    from namecls.training.protocol import split_by_config

    sides = split_by_config(CONFIG, people())
    predictor = Predictor.load(run.directory)
    name, label = sides.train.names[0], sides.train.label_of_rows[0]
    told = predictor.predict(name)
    assert (told.seen[0].label, told.seen[0].count) == (label, 3)
    alone = predictor.network_probabilities([name])[0][predictor.labels.index(label)]
    assert {ranked.label: ranked.probability for ranked in told.ranked}[label] > float(alone)
    held_out = sides.test.names[0]
    assert not predictor.predict(held_out).seen
    alone = Predictor.load(network.directory)
    assert predictor.predict(held_out).ranked == alone.predict(held_out).ranked


def test_weights_are_counted_as_repeated_rows_are(tmp_path):
    repeated = people()
    rows = deduplicate(repeated)
    weighed = NameTable.from_pairs(
        zip(rows.names, rows.label_of_rows, strict=True), weights=rows.frame[REPEATS].to_list()
    )
    (one, _), (other, _) = trained(tmp_path, repeated), trained(tmp_path, weighed)
    found = [load_counted(run, 3)[0].counts.to_tensors() for run in (one, other)]
    for name in ("keys", "labels", "counts"):
        assert found[0][name].tolist() == found[1][name].tolist()


def test_rows_that_are_all_alike_are_not_counted(tmp_path):
    table = small_table()
    twice = NameTable.from_pairs(
        [*zip(table.names, table.label_of_rows, strict=True), (table.names[0], table.labels[1])]
    )
    for values in ({}, {"deduplicate": False}):
        run, _ = trained(tmp_path, twice, **values)
        assert not (run.directory / COUNTS).exists()


def test_rows_are_counted_whose_duplicates_are_kept(tmp_path):
    run, _ = trained(tmp_path, people(), deduplicate=False)
    counted, figures = load_counted(run, 3)
    assert float(counted.counts.counts.max()) == 3
    assert figures.rows > 0


def test_people_of_a_name_on_two_sides_of_a_given_split_are_answered_from_the_training_rows(tmp_path):
    from namecls.data.split import Splits

    table = people()
    run, _ = trained(tmp_path, Splits(table, table, table))
    counted, figures = load_counted(run, 3)
    assert bool((counted.counts.strengths > 0).all())
    assert figures.accuracy == pytest.approx(0.75)  # three of four bearers of each name


def test_a_finished_run_with_counts_is_found_whole(tmp_path):
    run, _ = trained(tmp_path, people())
    run.verify(COUNTS)
    with pytest.raises(Exception, match="no such file"):
        recorded_splits(run)  # pairs are in no file


def test_what_counts_are_worth_is_told_at_the_end_and_by_runs_show(tmp_path, capsys):
    from namecls.cli.following import conclude
    from namecls.cli.runs import show_run

    run, finished = trained(tmp_path, people())
    network, without = trained(tmp_path, people(), name_counts=False)
    conclude(finished)
    show_run(run.name, save_dir=tmp_path)
    told = re.findall(
        r"by person, with name counts \(1\d\d names counted\): accuracy .* each left out of the counts",
        capsys.readouterr().out,
    )
    assert len(told) == 2
    conclude(without)
    show_run(network.name, save_dir=tmp_path)
    assert "with name counts" not in capsys.readouterr().out
