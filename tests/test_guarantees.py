import math

import pytest

from namecls.errors import ConfigError
from namecls.guarantees import Guarantees, as_percent


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"coverage": 0.4}, "coverage must be from 0.5 to 0.99, was: 0.4"),
        ({"coverage": 90.0}, "coverage must be"),
        ({"coverage": math.nan}, "coverage must be"),
        ({"sets": "spa"}, "sets must be one of aps, raps, lac, was: 'spa'"),
        ({"risk": 0.0}, "risk must be from 0.01 to 0.5, was: 0.0"),
        ({"risk": 0.9}, "risk must be"),
        ({"risk": math.nan}, "risk must be"),
    ],
)
def test_what_can_not_be_guaranteed_is_refused(values: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Guarantees(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("share", "shown"), [(0.9, "90 %"), (0.07, "7 %"), (0.925, "92.5 %"), (1 / 3, "33.33 %")]
)
def test_shares_are_shown_as_people_say_them(share: float, shown: str) -> None:
    assert as_percent(share) == shown
