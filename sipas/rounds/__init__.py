"""A survey round as its people describe it: round.toml, its instruments and the layouts of their frame files."""

from sipas.rounds.load import load_round
from sipas.rounds.model import ONLY_INSTRUMENT, InstrumentFacts, InstrumentRules, RoundHead, SurveyRound
from sipas.rounds.sections import (
    DossierCount,
    FrameCode,
    FrameHeading,
    FramePart,
    PublicValue,
    UnitsPart,
    is_day,
)

__all__ = [
    "ONLY_INSTRUMENT",
    "DossierCount",
    "FrameCode",
    "FrameHeading",
    "FramePart",
    "InstrumentFacts",
    "InstrumentRules",
    "PublicValue",
    "RoundHead",
    "SurveyRound",
    "UnitsPart",
    "is_day",
    "load_round",
]
