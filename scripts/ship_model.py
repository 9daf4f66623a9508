"""Make the shipped model anew: train it by the project's own command, take it over, write its card.

python scripts/ship_model.py            # train, then replace save_model/default
python scripts/ship_model.py --card     # only write the card of the model that is there
python scripts/ship_model.py --counts   # only count bearers anew, beside the model that is there
python scripts/ship_model.py --record   # only write record, history and manifest as they are written now
python scripts/ship_model.py --names    # only record that it was made of family names, and data/writing.tsv
python scripts/ship_model.py --data     # only record data/names.tsv as it is written now, if its rows are the same
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from namecls.cli.figures import refit_text
from namecls.data.table import load_dataset
from namecls.data.vocab import script_of
from namecls.data.writing import Alphabet, writing_to_json
from namecls.events import Started
from namecls.files.storage import write_json
from namecls.guarantees import COVERAGE, METHODS
from namecls.inference.evaluation import figures, robustness
from namecls.inference.prediction import Predictor
from namecls.results import Metrics
from namecls.runs.counted import load_counted
from namecls.runs.loading import load_model
from namecls.runs.model_files import FAMILY
from namecls.runs.run import COUNTS, MODEL, Run
from namecls.runs.sharing import export
from namecls.training.counting import LABEL_PRIOR, add_counts
from namecls.training.protocol import file_record, recorded_splits, split_by_config
from namecls.uncertainty import intervals

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "data"))

import bearers

from bench import common

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "save_model" / "default"
#: What the model begins with: every family name in name2nat, but those that it is chosen and tested by.
BEGIN = (
    "namecls train --data surnames.tsv --keep-duplicates --epochs 4 --batch-size 512 --lr 0.006 --dropout 0.25 --ngram-dropout 0.15 "
    "--accent-dropout 0.25 --no-name-counts --seed 0 --report-every 10000 --name surnames"
)
COMMAND = "namecls train --init-from save_model/surnames --row-weighting none --lr 0.005 --epochs 8 --seed 0 --report-every 1000 --name default"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--card", action="store_true", help="only write the card")
    parser.add_argument("--counts", action="store_true", help="only count bearers anew, and write the card")
    parser.add_argument("--wheels", type=Path, help="where the wheels of the data lie, or are fetched to")
    parser.add_argument("--data", action="store_true", help="only record the dataset as it is written now")
    parser.add_argument("--names", action="store_true", help="only record that it was made of family names")
    parser.add_argument("--record", action="store_true", help="only write record, history and manifest anew")
    arguments = parser.parse_args()
    if arguments.data:
        renew_data(Run.open(SHIPPED))
        return 0
    if arguments.names:
        record_names(Run.open(SHIPPED))
        return 0
    if arguments.record:
        with tempfile.TemporaryDirectory(dir=SHIPPED.parent) as directory:
            made = export(Run.open(SHIPPED), Path(directory) / "default")
            shutil.rmtree(SHIPPED)
            made.directory.rename(SHIPPED)
        return 0
    if not arguments.card and not arguments.counts:
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(
                [sys.executable, ROOT / "scripts" / "surnames.py", "surnames.tsv"], check=True, cwd=directory
            )
            for command in (BEGIN, COMMAND):
                subprocess.run([sys.executable, "-m", *command.split()], check=True, cwd=directory)
            shutil.rmtree(SHIPPED, ignore_errors=True)
            export(Run.open(Path(directory) / "save_model" / "default"), SHIPPED)
        record_names(Run.open(SHIPPED))
    if not arguments.card:
        with tempfile.TemporaryDirectory() as directory:
            rows, unlisted = bearers.count(arguments.wheels or Path(directory))
            run = Run.open(SHIPPED)
            (SHIPPED / COUNTS).unlink(missing_ok=True)  # of another version, perhaps
            run.write_manifest()
            add_counts(run, rows, unlisted=unlisted)
    card = write_card(Run.open(SHIPPED))
    (SHIPPED / "README.md").write_text(card, encoding="utf-8")
    print(f"{SHIPPED.relative_to(ROOT)}: {sum(f.stat().st_size for f in SHIPPED.iterdir()):,} bytes")
    return 0


def renew_data(run: Run) -> None:
    """Record the embedded dataset as it is written now, if it holds the rows that the run was trained and tested on.

    Its rows had no weights then: so they are recorded as weighed alike.
    """
    record = run.record()
    table = load_dataset()
    train = dataclasses.replace(record.train, row_weighting="none")
    splits = split_by_config(train, table)
    if record.split is None or splits.digest != record.split.sha256:
        raise SystemExit(f"{table.source}: its rows are split otherwise: train anew")
    dataclasses.replace(record, data=file_record(splits.train), train=train).write(run.directory)
    run.write_manifest()


def record_names(run: Run) -> None:
    """Record that a finished run was made of family names, and how the names of its labels are written."""
    values = json.loads((run.directory / MODEL).read_text(encoding="utf-8"))
    writing: dict[str, Alphabet] = {}
    for line in (ROOT / "data" / "writing.tsv").read_text(encoding="utf-8").splitlines():
        label, scripts, letters = line.split("\t")
        writing[label] = Alphabet(tuple(scripts.split()), letters)
    write_json(run.directory / MODEL, values | {"names": FAMILY, "writing": writing_to_json(writing)})
    run.write_manifest()


def write_card(run: Run) -> str:
    """The model card, every figure of it read from the run."""
    test, config, record = run.metrics("test"), run.config(), run.record()
    if test is None:
        raise SystemExit(f"{run.directory}: is not finished")
    started = next(event for event in run.history() if isinstance(event, Started))
    split, versions = record.split, record.versions
    if split is None:
        raise SystemExit(f"{run.directory}: was imported")
    sets = next(each for each in test.coverages if (each.method, each.stated) == (METHODS[0], COVERAGE))
    refit = f"\n\n**{refit_text(record).capitalize()}.**" if record.refit is not None else ""
    within = intervals(test)
    weakest = sorted(test.per_label, key=lambda score: score.f1)[:8]
    return f"""# Model card: default

The model that Predict opens with: a {config.model.title} that reads a family name letter by letter, bidirectionally, and
ranks {record.labels} labels, countries and peoples.

| | |
| --- | --- |
| network | {config.model.title}, {started.parameters:,} parameters, {started.characters} characters, case folded |
| data | `data/names.tsv` ({record.rows:,} rows after exact duplicates; SHA-256 `{record.data.sha256[:16]}…`), see [data/README.md](../../data/README.md) |
| protocol | {split.method}, no name on two sides: {split.train:,} training rows, {split.validation:,} validation rows (epoch and calibration), {split.test:,} test rows, used once; seed {config.seed} |
| made by | `python scripts/ship_model.py`, which calls `python scripts/surnames.py surnames.tsv`, `{BEGIN}`, `{COMMAND}` |
| starts from | a network trained on every family name in name2nat 0.5.1 and the nationalities of its bearers, 445,546 pairs, frequent ones several times, without the names in the validation and test rows below |
| versions | namecls {versions["namecls"]}, PyTorch {versions["torch"].split("+")[0]}, Python {versions["python"]} |
| licence | MIT; the data have licences of their own, see [data/README.md](../../data/README.md) |

## What it is worth

Measured on the {test.rows:,} test rows, names that it has never seen. `namecls evaluate` prints these figures again.{refit}

| metric | value |
| --- | ---: |
| accuracy (95 % interval, Wilson) | {test.accuracy:.1%} ({within.accuracy}) |
| macro-F1 (95 % interval, bootstrap) | {test.macro_f1:.1%} ({within.macro_f1}) |
| among the first 3 | {test.top_3:.1%} |
| among the first 5 | {test.top_5:.1%} |
| operating point | {config.operating_point} |
| expected calibration error (15 bins, after temperature scaling) | {test.ece:.3f} |
| what a perfectly calibrated model would show on so many rows | {test.ece_by_chance or 0:.3f} |
| prediction sets of {COVERAGE:.0%} stated coverage: coverage | {sets.found:.1%} |
| prediction sets of {COVERAGE:.0%} stated coverage: mean size | {sets.mean_size:.1f} labels |
{selections(test)}

{counted(run)}

{by_region(run)}

The same names as people type them (`namecls evaluate --as-typed`):

{as_typed(run)}

## What it is for

To learn how such models work, to explore names, and to give a first, uncertain guess at the naming tradition of a
family name, with its probability and the labels that are as good as likely.

## What it is not for

- **Never to decide about a person.** A name is not a nationality, an ethnicity, a language, a faith or a place of
  birth. People marry, move, are adopted, and choose.
- Not for screening, pricing, hiring, lending, policing, migration, or targeting; not for statistics on groups
  without correcting for its errors, which differ by label (below).
- Not for given names, companies or places: it has seen family names only.

## Known limits

- It follows its data: people with an article in English Wikipedia, and lists of frequent names. Passports of mixed
  naming traditions (American, British, Canadian, Australian ...) are no labels. `Smith` is called English, not
  American.
- The network was trained on every name once, however many people bear it: its probabilities are those of the test rows, not of
  any population. The counts are of people with an article in English Wikipedia, and of lists; where these have no
  numbers (Turkish, Croatian, many others) all listed names count alike, and too little.
- The network reads Latin letters. In other scripts it answers the names that are counted, and no others (`unknown
  script`). No Cyrillic list was found for Belarusian, none at all for Tamil, Burmese and Ethiopic.
- Neighbours are confused with each other: Danish and Norwegian, English and Irish and Welsh, Serbian and Croatian,
  Spanish and Portuguese and Filipino, Ukrainian and Russian and Belarusian.
- Small labels are thin. The weakest: {", ".join(f"{s.label} (F1 {s.f1:.2f}, {s.support} test rows)" for s in weakest)}.

## Per label

{per_label(test)}
"""


def counted(run: Run) -> str:
    """What the counts are, and what was measured on people."""
    found = load_counted(run, len(load_model(run.directory).vocabulary.labels))
    if found is None or found[1] is None:
        return ""
    counts, people = found[0].counts, found[1]
    labels = load_model(run.directory).vocabulary.labels
    most = float(counts.strengths.max())
    listed = [label for label, s in zip(labels, counts.strengths.tolist(), strict=True) if s == most]
    sets = next(each for each in people.coverages if (each.method, each.stated) == (METHODS[0], COVERAGE))
    return f"""**Names that many bear** are answered from counts beside the network (`counts.safetensors`, made by `python
scripts/ship_model.py --counts` from `data/bearers.py`): {len(counts):,} names with two bearers or more, or on a list of
their people, in several scripts. The answer goes with n_l + s_l n^{counts.power:g} p_l, n_l the bearers of the
name under a label, n all of them, p_l the network's probability, s_l its strength: {float(counts.strengths.min()):.2g}, and
{float(counts.strengths.max()):.2g} for the labels whose bearers are known from lists alone ({", ".join(listed)}), all
fitted on validation names; labels weigh as in a population in which the share of a label goes
with its bearers to the power of {LABEL_PRIOR:g}. A name that is not counted is answered by the network alone: the
figures above.

Measured on the {people.rows:,} people who bear a name of the test rows, each left out of the counts in turn: names that the
network was not trained on, of the kind that stands in `data/names.tsv` (names that are no people's own are not in it, so that
this is the better part of all people).

| metric, by person | value |
| --- | ---: |
| accuracy | {people.accuracy:.1%} |
| among the first 3 | {people.top_3:.1%} |
| log-loss | {people.loss:.3f} |
| expected calibration error | {people.ece:.3f} |
| prediction sets of {COVERAGE:.0%} stated coverage: coverage | {sets.found:.1%} |
| prediction sets of {COVERAGE:.0%} stated coverage: mean size | {sets.mean_size:.1f} labels |
{selections(people)}

The most common names of some 60 countries, each with the labels that are an acceptable first answer: the lists are in `bench/`,
and say how they came about; `python -m bench common` measures the same, and the network alone.

{common_names(run)}"""


def common_names(run: Run) -> str:
    """A table of what the lists of common names come to, and the names of each script of those in their own ones."""
    predictor = Predictor.load(run.directory)
    rows = [
        "| names | counted | first answer acceptable | one of three | mass |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]

    def row(title: str, names: list[str], acceptable: list[set[str]]) -> None:
        found = common.measured(predictor, names, acceptable)
        figures = f"{found.first:.1f}% | {found.three:.1f}% | {found.mass:.1f}%"
        rows.append(f"| {title}: {found.names} | {found.counted} | {figures} |")

    for each in common.LISTS:
        names, acceptable = common.read(each)
        row(f"`bench/{each.file}`", names, acceptable)
    scripts = [script_of(name[0]) for name in names]  # of the last list, the names in their own scripts
    for script in sorted(set(scripts)):
        here = [at for at, each in enumerate(scripts) if each == script]
        row(
            "Han" if script == "CJK" else script.title(),
            [names[at] for at in here],
            [acceptable[at] for at in here],
        )
    return "\n".join(rows)


def by_region(run: Run) -> str:
    """How far the mistakes on the test rows go."""
    _, found = figures(Predictor.load(run.directory), recorded_splits(run).test)
    if found is None:
        return ""
    return (
        f"Of {found.mistakes:,} mistakes {found.within:.1%} stay within the region of the true label (`data/regions.tsv`), "
        f"{found.within_larger:.1%} within its larger region. Where several labels are likely, the answer is also given "
        f"by region: of {found.rows:,} such test rows {found.found:.1%} are right, {found.stated:.1%} as stated."
    )


def selections(test: Metrics) -> str:
    """What it costs to answer only where a stated risk is kept."""
    return "\n".join(
        f"| answers of which at most {each.stated:.0%} are to be wrong: names answered, of these wrong "
        f"| {each.answered:.0%}, {each.wrong:.1%} |"
        for each in test.selections
    )


def as_typed(run: Run) -> str:
    """A table of what other spellings of the test names cost."""
    rows = [
        "| written | rows that it changes | accuracy as they stand | written so |",
        "| --- | ---: | ---: | ---: |",
    ]
    rows += [
        f"| {way.way} | {way.rows:,} | {way.clean:.1%} | {way.written:.1%} |"
        for way in robustness(Predictor.load(run.directory), recorded_splits(run).test)
    ]
    return "\n".join(rows)


def per_label(test: Metrics) -> str:
    """A table of all labels."""
    rows = [
        "| label | precision | recall | F1 | in its 90 % set | test rows |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    rows += [
        f"| {s.label} | {s.precision:.2f} | {s.recall:.2f} | {s.f1:.2f} | {s.covered or 0:.0%} | {s.support} |"
        for s in test.per_label
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    raise SystemExit(main())
