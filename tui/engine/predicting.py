"""The thread of Predict: it loads models and answers names."""

from __future__ import annotations

from pathlib import Path

from namecls.calibration.population import DATA, UNIFORM
from namecls.errors import NameclsError
from tui.engine.library import Answers, Engine
from tui.engine.messages import ModelFailed, ModelReady, Predicted
from tui.engine.threads import Answering, Post


class PredictionLoop(Answering):
    """The thread that owns the model of Predict: it loads models and answers texts, always the latest one.

    There is no queue. A text that comes while another is being answered replaces the one that waits.
    """

    def __init__(self, engine: Engine, post: Post) -> None:
        super().__init__()
        self._engine = engine
        self._post = post
        self._question: tuple[str, int, float, Post, str] | None = None
        self._wanted: tuple[Path | None] | None = None

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

    def run(self) -> None:
        """Body of the thread."""
        answers: Answers | None = None
        uniform: Answers | None = None
        path: Path | None = None
        while True:
            with self._wake:
                while not (self._closed or self._wanted or (self._question and answers is not None)):
                    self._wake.wait()
                if self._closed:
                    return
                wanted, self._wanted = self._wanted, None
                question = None
                if wanted is None:
                    question, self._question = self._question, None
            if wanted is not None:
                loaded = self._load(wanted[0])
                if loaded is not None:
                    (answers, uniform), path = loaded, wanted[0]
            elif question is not None and answers is not None:
                text, k, coverage, post, prior = question
                chosen = uniform if prior == UNIFORM and uniform is not None else answers
                post(Predicted(path, chosen.predict([text], k=k, coverage=coverage)[0]))

    def _load(self, path: Path | None) -> tuple[Answers, Answers | None] | None:
        """A model, and the same under a population of labels that are all alike, if it can answer for that."""
        try:
            answers = self._engine.load_predictor(path)
            answers.predict(["warm up"], k=1)
        except NameclsError as error:
            self._post(ModelFailed(path, str(error)))
            return None
        uniform, problem = None, ""
        try:
            uniform = answers.under(UNIFORM)
        except NameclsError as error:
            problem = str(error)
        self._post(ModelReady(path, answers.info, answers.labels, problem))
        return answers, uniform
