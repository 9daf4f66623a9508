"""Small made-up data that a network can learn in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from namecls.config import ModelConfig, TrainConfig
from namecls.data.table import NameTable
from namecls.runs.record import DataRecord, RunRecord

STEMS = (
    "bor",
    "dav",
    "jan",
    "kar",
    "lev",
    "mar",
    "nik",
    "pav",
    "rom",
    "stan",
    "tom",
    "vlad",
    "yur",
    "zor",
    "gal",
    "fed",
)
ENDINGS = {"Armenian": "yan", "Georgian": "shvili", "Polish": "ski"}


def small_table() -> NameTable:
    """Names whose ending tells their label: 16 stems, doubled, under three labels."""
    stems = [a + b for a in STEMS for b in ("", "o", "i")]
    return NameTable.from_pairs(
        [(f"{stem}{ending}".title(), label) for label, ending in ENDINGS.items() for stem in stems]
    )


def small_file(directory: Path) -> Path:
    """The same as a file."""
    table = small_table()
    path = directory / "small.tsv"
    rows = zip(table.names, table.label_of_rows, strict=True)
    path.write_text("".join(f"{name}\t{label}\n" for name, label in rows), encoding="utf-8")
    return path


SMALL = TrainConfig(
    model=ModelConfig(hidden_size=16, embedding_size=8, bidirectional=False, pooling="last", dropout=0.1),
    epochs=3,
    batch_size=16,
    learning_rate=0.02,
    report_every=30,
    threads=1,
    device="cpu",
)


def small_record(**values: Any) -> RunRecord:
    """The record of a training on them that has just begun."""
    told = {"created": "2026-01-01T00:00:00+00:00", "versions": {}, "train": SMALL, "labels": len(ENDINGS)}
    return RunRecord(**{**told, "data": DataRecord(file="small.tsv"), **values})
