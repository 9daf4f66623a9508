import math

import pytest
import torch

from namecls.calibration.conformal import fit_sets
from namecls.errors import ConfigError
from namecls.guarantees import Guarantees, as_percent, least_rows, too_few_rows


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


@pytest.mark.parametrize(("coverage", "rows"), [(0.8, 4), (0.9, 9), (0.925, 14), (0.95, 19), (0.99, 99)])
def test_too_few_rows_to_calibrate_sets_are_those_with_which_sets_hold_all_labels(
    coverage: float, rows: int
) -> None:
    assert least_rows(coverage) == rows
    for fitted in (rows - 1, rows):
        probabilities = torch.tensor([[0.6, 0.3, 0.1]]).expand(fitted, 3)
        sets = fit_sets(probabilities, torch.zeros(fitted, dtype=torch.long))
        for method in sets.thresholds:
            size = int(sets.sizes(probabilities[:1], coverage, method))
            assert (size == 3) == bool(too_few_rows(coverage, fitted)), method
    assert too_few_rows(0.9, 5) == (
        "sets of 90 % hold all labels: 5 validation rows calibrate them, it takes 9"
    )
    assert too_few_rows(0.9, None) == ""
