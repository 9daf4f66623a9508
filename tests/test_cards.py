"""What the cards and the citation say is so."""

from __future__ import annotations

import re
from pathlib import Path

import namecls
from namecls.data.table import load_dataset
from namecls.paths import packaged_model
from namecls.runs.run import Run
from namecls.uncertainty import intervals

ROOT = Path(__file__).resolve().parents[1]


def test_the_card_of_the_dataset_has_its_figures() -> None:
    table, card = load_dataset(), (ROOT / "data" / "CARD.md").read_text(encoding="utf-8")
    rows, counts = table.frame.group_by("name").len(), table.label_counts
    assert f"{len(table):,} family names under {len(table.labels)} labels" in card
    assert table.sha256 in card
    assert f"{(rows['len'] > 1).sum():,} names stand under more than one label" in card
    assert f"{counts['Malagasy']} (Malagasy) and {counts['Vietnamese']} (Vietnamese)" in card
    assert sum(count < 250 for count in counts.values()) == 11
    assert "eleven labels have fewer than 250" in card
    assert f"at most {max(counts.values()):,} a label" in card


def test_the_card_of_the_model_has_its_intervals() -> None:
    metrics = Run(packaged_model()).metrics()
    assert metrics is not None
    card = (packaged_model() / "README.md").read_text(encoding="utf-8")
    found = intervals(metrics)
    assert f"| accuracy (95 % interval, Wilson) | {metrics.accuracy:.1%} ({found.accuracy}) |" in card
    assert f"| macro-F1 (95 % interval, bootstrap) | {metrics.macro_f1:.1%} ({found.macro_f1}) |" in card


def test_the_citation_is_of_this_version() -> None:
    cited = dict(re.findall(r"^(\S[^:]*): (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE))
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert cited["version"] == namecls.__version__
    assert cited["cff-version"] == "1.2.0"
    for key, name in (("license", "license"), ("abstract", "description")):
        assert f'{name} = "{cited[key]}"' in project
