"""Made-up persons behind the dossiers: who filed which, and what the office has noted about them.

Identity numbers start with 099 (no province has that code), telephone numbers with 0000 (no network has them).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sipas.example.names import FAMILY_NAMES, GIVEN_NAMES, MIDDLE_NAMES, PROVINCE, STREETS
from sipas.example.streams import Flags, Ints, Words, numbered, stream, words

_SAME_PERSON_SHARE = 0.088  # chance that the next dossier of a unit is by the same person
_DEPARTMENT_SHARE = 0.085  # share of a department's dossiers by persons who also filed at their commune
MOST_PERSONS = 1_000_000  # as many as there are six-digit serial numbers


def filers(seed: int, unit: Ints, is_commune: Flags) -> Ints:
    """Person number (0..n-1) of each dossier. `unit`, `is_commune`: shape (n,), dossiers of a unit together.

    Inside a unit a person's dossiers follow one another with a fixed chance; some of a department's dossiers are
    given to persons who filed at a commune, each at most once more.
    """
    random = stream(seed, "filers")
    is_new = (random.random(len(unit)) >= _SAME_PERSON_SHARE) | (np.diff(unit, prepend=-1) != 0)
    person = np.cumsum(is_new) - 1
    at_department = np.flatnonzero(~is_commune)
    from_commune = np.unique(person[is_commune])
    wanted = min(round(_DEPARTMENT_SHARE * len(at_department)), len(from_commune))
    moved = random.choice(at_department, wanted, replace=False)
    person[moved] = random.choice(from_commune, wanted, replace=False)
    return np.unique(person, return_inverse=True)[1].astype(np.int64)


def persons(seed: int, commune_names: Words) -> pd.DataFrame:
    """Notes about each person: identity_no, full_name, phone, address, birth_year, sex; one row per commune name.

    `commune_names`: the home commune of each person, shape (persons,), at most a million.
    """
    random = stream(seed, "persons")
    count = len(commune_names)
    is_woman = random.random(count) < 0.52
    birth_year = np.clip(np.round(random.normal(1982, 13, count)), 1940, 2007).astype(np.int64)
    century_and_sex = is_woman + 2 * (birth_year >= 2000)
    serial = random.permutation(MOST_PERSONS)[:count]
    street = words(STREETS)[random.integers(0, len(STREETS), count)]
    house = numbered(random.integers(1, 400, count), 1)
    return pd.DataFrame(
        {
            "identity_no": pd.Series(
                "099" + numbered(century_and_sex, 1) + numbered(birth_year % 100, 2) + numbered(serial, 6), dtype="str"
            ),
            "full_name": pd.Series(full_names(random, is_woman), dtype="str"),
            "phone": pd.Series("0000" + numbered(random.permutation(MOST_PERSONS)[:count], 6), dtype="str"),
            "address": pd.Series("Số " + house + ", " + street + ", " + commune_names + ", " + PROVINCE, dtype="str"),
            "birth_year": pd.Series(numbered(birth_year, 4), dtype="str"),
            "sex": pd.Series(words(("Nam", "Nữ"))[is_woman.astype(np.int64)], dtype="str"),
        }
    )


def full_names(random: np.random.Generator, is_woman: Flags) -> Words:
    """A name for each person, put together from common pieces; shape of `is_woman`."""
    count = len(is_woman)
    family = words(FAMILY_NAMES)[random.integers(0, len(FAMILY_NAMES), count)]
    rest = np.empty(count, dtype=object)
    for sex, rows in (("Nam", ~is_woman), ("Nữ", is_woman)):
        middle, given = words(MIDDLE_NAMES[sex]), words(GIVEN_NAMES[sex])
        number = int(rows.sum())
        chosen = middle[random.integers(0, len(middle), number)]
        rest[rows] = chosen + " " + given[random.integers(0, len(given), number)]
    return np.asarray(family + " " + rest, dtype=object)
