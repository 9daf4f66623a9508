import pytest
from hypothesis import given
from hypothesis import strategies as st

from namecls.config import TUTORIAL_ALPHABET, ModelConfig
from namecls.data.vocab import FIRST, PADDING, UNKNOWN, Vocabulary
from namecls.errors import DataError
from namecls.normalization import Normalizer

LABELS = ("Czech", "Polish")


def vocabulary(characters: str = "aklosw", **settings: bool) -> Vocabulary:
    return Vocabulary(tuple(characters), LABELS, Normalizer(**settings))


def test_every_unknown_character_gets_the_id_of_the_unknown() -> None:
    assert vocabulary().encode("koš'") == [3, 5, UNKNOWN, UNKNOWN]


def test_no_name_is_encoded_to_nothing() -> None:
    assert vocabulary().encode("") == [UNKNOWN]
    assert vocabulary().encode("  ") == [UNKNOWN]
    assert vocabulary().encode_all(["", "a"]).lengths.tolist() == [1, 1]


@given(st.lists(st.text(max_size=12)))
def test_encoding_many_names_is_encoding_each(names: list[str]) -> None:
    encoded = vocabulary("aklosw王Ж", casefold=True).encode_all(names)
    expected = [vocabulary("aklosw王Ж", casefold=True).encode(name) for name in names]
    assert encoded.lengths.tolist() == list(map(len, expected))
    assert encoded.ids.tolist() == [i for ids in expected for i in ids]


def test_decoding_gives_the_text_back() -> None:
    known = vocabulary()
    assert known.decode(known.encode("Kowal")) == "\N{REPLACEMENT CHARACTER}owal"
    assert known.decode([*known.encode("sok"), PADDING]) == "sok"


def test_the_vocabulary_is_learned_from_frequent_characters() -> None:
    config = ModelConfig(min_count=2, casefold=True)
    learned = Vocabulary.learn(["Anna", "Ada", "Žan"], ["b", "a", "b"], config)
    assert learned.characters == ("a", "n")
    assert learned.labels == ("a", "b")
    assert learned.size == FIRST + 2


def test_a_fixed_alphabet_is_taken_as_it_is() -> None:
    config = ModelConfig(alphabet=TUTORIAL_ALPHABET, casefold=False)
    learned = Vocabulary.learn(["王"], ["a", "b"], config)
    assert len(learned.characters) == 57
    assert learned.encode("a'é") == [FIRST, FIRST + 56, UNKNOWN]


def test_one_label_is_nothing_to_learn() -> None:
    with pytest.raises(DataError, match="at least two labels"):
        Vocabulary(("a",), ("Polish",), Normalizer())
    with pytest.raises(DataError, match="at least one known character"):
        Vocabulary((), LABELS, Normalizer())


def test_unknown_characters_are_named_once_in_their_order() -> None:
    assert vocabulary(casefold=True).unknown_characters("Žołoż王") == ("Ž", "ł", "ż", "王")


def test_a_name_is_readable_if_one_letter_is_known() -> None:
    assert vocabulary().knows_a_letter("Xa")
    assert not vocabulary().knows_a_letter("王小明")
    assert not Vocabulary(("'",), LABELS, Normalizer()).knows_a_letter("O'")
