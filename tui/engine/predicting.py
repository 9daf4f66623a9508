"""The thread of Predict: it loads models and answers names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from namecls.calibration.population import DATA, UNIFORM
from namecls.errors import NameclsError
from tui.engine.messages import ListPredicted, ModelFailed, ModelReady, Predicted
from tui.engine.threads import Answering, Post
from tui.engine.wanted import Answers, Engine, Explains


class PredictionLoop(Answering):
    """The thread that owns the model of Predict: it loads models and answers texts, always the latest one.

    There is no queue. A text that comes while another is being answered replaces the one that waits.

    :param explain: told of each model what explains its answers.
    :param prior: a file with the shares of a population, to answer for beside that of all labels alike.
    """

    def __init__(
        self,
        engine: Engine,
        post: Post,
        explain: Callable[[Path | None, Explains], object],
        prior: Path | None = None,
    ) -> None:
        super().__init__()
        self._priors = [UNIFORM] if prior is None else [str(prior), UNIFORM]
        self._engine = engine
        self._post = post
        self._explain = explain
        self._question: tuple[str, int, float, Post, str] | None = None
        self._wanted: tuple[Path | None] | None = None
        self._list: tuple[Sequence[str], float, Post, str] | None = None

    def use(self, path: Path | None) -> None:
        """Load another model; None is the shipped one."""
        with self._asking():
            self._wanted = (path,)

    def ask(self, text: str, k: int, coverage: float, post: Post, prior: str = DATA) -> None:
        """Request the first `k` labels of a text and a prediction set; `Predicted` goes to `post`.

        :param prior: the population, by its name; a model that can't answer for it answers for its own.
        """
        with self._asking():
            self._question = (text, k, coverage, post, prior)

    def ask_all(self, texts: Sequence[str], coverage: float, post: Post, prior: str = DATA) -> None:
        """Request answers for a list of texts, as `ask` does for one; `ListPredicted` goes to `post`."""
        with self._asking():
            self._list = (texts, coverage, post, prior)

    def run(self) -> None:
        """Body of the thread."""
        answers: Answers | None = None
        under: dict[str, Answers] = {}
        path: Path | None = None
        while True:
            with self._wake:
                while not (
                    self._closed or self._wanted or ((self._question or self._list) and answers is not None)
                ):
                    self._wake.wait()
                if self._closed:
                    return
                wanted, self._wanted = self._wanted, None
                question = texts = None
                if wanted is None:
                    question, self._question = self._question, None
                if wanted is None and question is None:
                    texts, self._list = self._list, None
            if wanted is not None:
                loaded = self._load(wanted[0])
                if loaded is not None:
                    (answers, under), path = loaded, wanted[0]
            elif question is not None and answers is not None:
                text, k, coverage, post, prior = question
                post(Predicted(path, under.get(prior, answers).predict([text], k=k, coverage=coverage)[0]))

            elif texts is not None and answers is not None:
                names, coverage, post, prior = texts
                found = under.get(prior, answers).predict(names, k=3, coverage=coverage)
                post(ListPredicted(tuple(found)))

    def _load(self, path: Path | None) -> tuple[Answers, dict[str, Answers]] | None:
        """A model, and the same under each of the other populations that it can answer for."""
        try:
            answers = self._engine.load_predictor(path)
            answers.predict(["warm up"], k=1)
        except NameclsError as error:
            self._post(ModelFailed(path, str(error)))
            return None
        under, problem = {}, ""
        for prior in self._priors:
            try:
                under[prior] = answers.under(prior)
            except NameclsError as error:
                problem = problem or str(error)
        self._explain(path, self._engine.explains(answers))
        self._post(ModelReady(path, answers.info, answers.labels, tuple(under), problem))
        return answers, under
