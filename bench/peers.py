"""What one would use instead of namecls to classify names: linear models of n-grams, and fastText.

All three read the letters of a name and nothing else: character n-grams of one to five, with marks where the
name (fastText: each word) begins and ends, capitals as small letters. Their settings were chosen on the
validation rows of the classic file; each runs on one thread.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Names to scores, the higher the better. *Shape:* (names) -> (names, labels)
Score = Callable[[Sequence[str]], "NDArray[np.float32]"]

_ROWS = 8192  # names that are scored at once


@dataclass(frozen=True)
class Learned:
    """A trained peer.

    :param seconds: from names and label ids to a model that can answer.
    :param parameters: the numbers that it holds.
    :param score: log-probabilities, or for the support vector machine distances to its planes.
    """

    seconds: float
    parameters: int
    score: Score


#: Names, their label ids (``0 .. labels - 1``, each of which occurs), the number of labels, and threads.
Learn = Callable[[Sequence[str], "NDArray[np.int64]", int, int], Learned]


@dataclass(frozen=True)
class Peer:
    """A way to train on names."""

    title: str
    module: str
    learn: Learn

    @property
    def installed(self) -> bool:
        return importlib.util.find_spec(self.module) is not None


def _linear(names: Sequence[str], ids: NDArray[np.int64], labels: int, model: Any) -> Learned:
    """TF-IDF of character n-grams, and a linear model over them."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from threadpoolctl import threadpool_limits

    began = time.perf_counter()
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 5), dtype=np.float32)
    with threadpool_limits(1):
        model.fit(vectorizer.fit_transform(_marked(names)), ids)
    seconds = time.perf_counter() - began

    def score(asked: Sequence[str]) -> NDArray[np.float32]:
        parts = (asked[start : start + _ROWS] for start in range(0, len(asked), _ROWS))
        found = np.concatenate([model.decision_function(vectorizer.transform(_marked(p))) for p in parts])
        if found.ndim == 1:  # two labels
            found = np.stack([-found / 2, found / 2], axis=1)
        return found.astype(np.float32)

    return Learned(seconds, labels * (len(vectorizer.vocabulary_) + 1), score)


def _marked(names: Sequence[str]) -> list[str]:
    return [f"^{name}$" for name in names]


def logistic_regression(
    names: Sequence[str], ids: NDArray[np.int64], labels: int, threads: int = 1
) -> Learned:
    """scikit-learn's `LogisticRegression` over all labels at once; its decision values are logits."""
    del threads  # it has no use for a second one
    from sklearn.linear_model import LogisticRegression

    return _linear(names, ids, labels, LogisticRegression(C=10, max_iter=1000))


def support_vectors(names: Sequence[str], ids: NDArray[np.int64], labels: int, threads: int = 1) -> Learned:
    """scikit-learn's `LinearSVC`, each label against all others."""
    del threads
    from sklearn.svm import LinearSVC

    return _linear(names, ids, labels, LinearSVC(C=1))


def fasttext(
    names: Sequence[str], ids: NDArray[np.int64], labels: int, threads: int = 1, **settings: Any
) -> Learned:
    """fastText, supervised: 64 numbers per n-gram, 30 epochs, softmax.

    It goes through its rows in the order in which they stand, so that they are shuffled first.

    :param settings: others than these.
    """
    import fasttext as library

    wanted = {"dim": 64, "minn": 1, "maxn": 5, "epoch": 30, "lr": 0.5, "bucket": 2**18, "seed": 0, **settings}
    order = np.random.default_rng(0).permutation(len(names)).tolist()
    with tempfile.TemporaryDirectory(prefix="namecls-bench-") as directory:
        path = Path(directory) / "rows.txt"
        began = time.perf_counter()
        path.write_text("".join(f"__label__{ids[i]} {names[i].lower()}\n" for i in order), encoding="utf-8")
        model = library.train_supervised(input=str(path), thread=threads, verbose=0, **wanted)
        seconds = time.perf_counter() - began
    places = [int(label.removeprefix("__label__")) for label in model.labels]
    output = np.zeros((labels, model.get_dimension()), np.float32)
    output[places] = model.get_output_matrix()

    def score(asked: Sequence[str]) -> NDArray[np.float32]:
        # The module's own `predict` fails with NumPy 2; the logits of a line are these.
        return np.stack([model.get_sentence_vector(name.lower()) for name in asked]) @ output.T

    return Learned(seconds, model.get_input_matrix().size + output.size, score)


PEERS = (
    Peer("TF-IDF and logistic regression", "sklearn", logistic_regression),
    Peer("TF-IDF and LinearSVC", "sklearn", support_vectors),
    Peer("fastText", "fasttext", fasttext),
)
#: Those that train on a million names within minutes, with settings chosen on the validation rows of these.
PEERS_OF_MILLIONS = (Peer("fastText", "fasttext", partial(fasttext, epoch=10, lr=0.25, bucket=2_000_000)),)
