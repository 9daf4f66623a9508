"""Why a record can't be used, in English, as tables keep it; and in the language of this process."""

from __future__ import annotations

from namecls.language import N_, retold

#: Characters of a name and of a label, at most.
MAX_NAME, MAX_LABEL = 256, 128
#: What neither may hold.
LINE_ENDS = "[\n\r\0]"
#: How the reason begins that a line can't be decoded.
NOT_DECODED = "not "

NUL = N_("a NUL byte")
EMPTY = N_("empty line")
LONG_LINE = N_("line longer than {most} characters")
BAD_QUOTES = N_("a quote is not closed, or text follows it")
TITLES_AGAIN = N_("the titles again")
SEVERAL_LABELS = N_("several labels")
WRONG_WIDTH = N_("expected {wanted} columns, found {width}")
NO_OBJECT = N_("not a JSON object")
NO_KEY = N_("no {key}")
NO_TEXT = N_("{key} is not text")
NO_NUMBER = N_("{key} is no number")
HALF_CHARACTER = N_("half of a surrogate pair")
NO_PAIR = N_("not a pair of a name and a label")
NO_NAME = N_("no name")
NO_LABEL = N_("no label")
LONG_NAME = N_("name longer than {most} characters")
LONG_LABEL = N_("label longer than {most} characters")
NO_LETTERS = N_("no letters in the name")
LINE_END = N_("a line end or a NUL inside")
NO_WEIGHT = N_("no weight")
WEIGHT_NO_NUMBER = N_("the weight is no number, such as 5210 or 0.5")
WEIGHT_OUTSIDE = N_("the weight is not above 0 (from {least} to {most})")
_NOT_TEXT = N_("not {encoding}")

#: The plain ones before those that are like them.
_ALL = (
    *(NUL, EMPTY, LONG_LINE, BAD_QUOTES, TITLES_AGAIN, SEVERAL_LABELS, WRONG_WIDTH, NO_OBJECT, HALF_CHARACTER, NO_PAIR),
    *(NO_NAME, NO_LABEL, LONG_NAME, LONG_LABEL, NO_LETTERS, LINE_END, NO_WEIGHT, WEIGHT_NO_NUMBER, WEIGHT_OUTSIDE),
    *(NO_KEY, NO_TEXT, NO_NUMBER, _NOT_TEXT),
)  # fmt: skip


def told(reason: str) -> str:
    """A reason of a table in the language of this process."""
    return retold(reason, _ALL)
