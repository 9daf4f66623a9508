"""What one would use instead of namecls for many names: `python -m bench.bulk_peer KIND NAMES DIRECTORY`.

Learns from the training names of the shipped dataset and says so. Then, for each line that it reads, it ranks
three labels for every name of the file, in one process per core that has its model, and prints how long that
took.
"""

from __future__ import annotations

import csv
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

Rank = Callable[[Sequence[str]], Iterator[Sequence[object]]]

K = 3
ROWS = 8192  # that scikit-learn takes at once


def main(kind: str, source: str, directory: str) -> None:
    rank = PEERS[kind](Path(directory), *labelled())
    print("ready", flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        in_processes(rank, Path(source), Path(directory))
        print(time.perf_counter() - began, flush=True)


def in_processes(rank: Rank, source: Path, directory: Path) -> None:
    """From file to file; each core has its share of the names."""
    names = source.read_text(encoding="utf-8").split("\n")[:-1]
    cores = os.cpu_count() or 1
    children: list[int] = []
    for number in range(cores):
        child = os.fork()
        if not child:
            share = names[len(names) * number // cores : len(names) * (number + 1) // cores]
            with (directory / f"peer-{number}.csv").open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerows(rank(share))
            os._exit(0)
        children.append(child)
    if any(os.waitpid(child, 0)[1] for child in children):
        raise SystemExit("a process failed")


def labelled() -> tuple[list[str], list[str]]:
    """The training names of the shipped dataset and their labels."""
    from namecls.data.split import split_table
    from namecls.data.table import load_dataset

    table = split_table(load_dataset()).train
    return list(table.names), list(table.label_of_rows)


def fasttext_peer(directory: Path, names: Sequence[str], labels: Sequence[str]) -> Rank:
    """fastText as it comes, but for the lengths of the n-grams; what `predict-prob` does, by its Python module."""
    import fasttext

    def line(name: str) -> str:
        return name.lower().replace(" ", "_")

    path = directory / "labelled.txt"
    rows = zip(names, labels, strict=True)
    path.write_text("".join(f"__label__{b.replace(' ', '_')} {line(a)}\n" for a, b in rows), encoding="utf-8")
    model = fasttext.train_supervised(input=str(path), minn=1, maxn=5, thread=os.cpu_count() or 1, verbose=0)

    def rank(share: Sequence[str]) -> Iterator[Sequence[object]]:
        for name in share:
            row: list[object] = [name]
            # The module's own `predict` does this, and then fails with NumPy 2.
            for probability, label in model.f.predict(f"{line(name)}\n", K, 0.0, "strict"):
                row += [label.removeprefix("__label__"), f"{probability:.6f}"]
            yield row

    return rank


def sklearn_peer(directory: Path, names: Sequence[str], labels: Sequence[str]) -> Rank:
    """Character n-grams within words, weighted, and a logistic regression over them."""
    del directory
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import SGDClassifier

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), min_df=2, dtype=np.float32)
    # Descent along the log loss is logistic regression; how long it was fitted does not show in how fast it answers.
    model = SGDClassifier(loss="log_loss", alpha=1e-6, max_iter=3, tol=None, random_state=0)
    model.fit(vectorizer.fit_transform(names), labels)

    def rank(share: Sequence[str]) -> Iterator[Sequence[object]]:
        for start in range(0, len(share), ROWS):
            part = share[start : start + ROWS]
            probabilities = model.predict_proba(vectorizer.transform(part))
            best = np.argpartition(-probabilities, K, axis=1)[:, :K]
            values = np.take_along_axis(probabilities, best, axis=1)
            order = np.argsort(-values, axis=1)
            titles = model.classes_[np.take_along_axis(best, order, axis=1)].tolist()
            numbers = np.take_along_axis(values, order, axis=1).tolist()
            for name, *ranked in zip(part, titles, numbers, strict=True):
                pairs = zip(*ranked, strict=True)
                yield [name, *itertools.chain.from_iterable((label, f"{p:.6f}") for label, p in pairs)]

    return rank


PEERS: dict[str, Callable[[Path, Sequence[str], Sequence[str]], Rank]] = {
    "fasttext": fasttext_peer,
    "sklearn": sklearn_peer,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
