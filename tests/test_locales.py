import pytest

from namecls import locales
from namecls.locales import denies_unicode, is_utf8, terminal_encoding, undo_coercion


@pytest.mark.parametrize(
    ("environment", "denied"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "en_US.utf8"}, False),
        ({"LANG": "de_DE.UTF-8@euro"}, False),
        ({"LANG": "de_DE"}, False),
        ({"LC_CTYPE": "UTF-8"}, False),  # as on a Mac
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "C"}, True),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "C"}, False),
        ({"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, False),
    ],
)
def test_the_first_variable_that_is_set_decides(environment: dict[str, str], denied: bool) -> None:
    assert denies_unicode(environment) is denied


def test_what_python_put_into_its_own_environment_is_not_what_the_user_set() -> None:
    assert denies_unicode(undo_coercion({"LANG": "C", "LC_CTYPE": "C.UTF-8"}))
    assert not denies_unicode(undo_coercion({"LC_CTYPE": "C.UTF-8"}))
    assert not denies_unicode(undo_coercion({"LANG": "en_US.UTF-8", "LC_CTYPE": "C.UTF-8"}))
    assert not denies_unicode(undo_coercion({"LC_ALL": "en_US.UTF-8", "LC_CTYPE": "C.UTF-8", "LANG": "C"}))


def test_a_stream_is_believed_where_the_user_has_named_its_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    monkeypatch.setattr(locales, "denies_unicode", lambda: True)
    assert terminal_encoding("utf-8") == terminal_encoding(None) == "ascii"
    assert terminal_encoding("latin-1") == "latin-1"
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    assert terminal_encoding("utf-8") == "utf-8"
    assert is_utf8("UTF_8")
