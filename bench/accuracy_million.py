"""Accuracy on a million names

The names of name2nat with their nationalities, as in *accuracy*, in half an hour: once after the published protocol
(`bench/million_names.py`: 8:1:1 within each nationality, so that 5 % of the test names were trained under another
nationality) and once with no name on two sides; one seed, two threads. Of the presets that for so many names,
`large`. The linear peers would take more memory than most have; fastText reads n-grams of one to five.

What falls short: of the validation names n-grams and words alone come to 59.1 % (`--preset large --network
ngram --ngram-hidden 0 --lr 0.02`), in a table of twice the rows to 59.3 (`--buckets 524288`, which is 100 MB),
a GRU alone to 55.4 (`--preset large --network gru --lr 0.005`). More members, or a larger table, would take
more than the size and the time that are allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.accuracy import MILLIONS, PUBLISHED, Dataset, compared
from bench.learning import cut
from bench.lines import Line, Options, Table
from bench.million_names import Parts, grouped_parts, published_parts
from bench.peers import PEERS_OF_MILLIONS
from namecls.data.split import Splits
from namecls.data.table import load_dataset

TOPIC = "accuracy on a million names"
GROUPED = "million names, no name on two sides"


def run(options: Options) -> list[Line | Table]:
    return compared(TOPIC, datasets(options))


def datasets(options: Options) -> Iterator[Dataset]:
    """The names in both splits."""
    peers = [peer for peer in PEERS_OF_MILLIONS if peer.installed]
    rows = 2_000 if options.quick else None
    for title, parts in (
        (PUBLISHED, published_parts(options.cache)),
        (GROUPED, grouped_parts(options.cache)),
    ):
        yield Dataset(title, read_parts(parts, rows), (0,), (MILLIONS,), peers, threads=2)


def read_parts(parts: Parts, rows: int | None = None) -> Callable[[int], Splits]:
    """Three files, whatever the seed, which decides the training alone.

    :param rows: at most so many on each side.
    """

    def splits(seed: int) -> Splits:
        del seed
        tables = [load_dataset(path) for path in (parts.train, parts.validation, parts.test)]
        return Splits(*(table if rows is None else cut(table, rows) for table in tables))

    return splits
