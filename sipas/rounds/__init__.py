"""A survey round as its people describe it: round.toml, its instruments and the layouts of their frame files."""

from sipas.rounds.load import load_round
from sipas.rounds.model import (
    ONLY_INSTRUMENT,
    AnyRules,
    Holder,
    InstrumentFacts,
    InstrumentHead,
    InstrumentRules,
    RoundHead,
    SurveyRound,
    ValuesFacts,
    ValuesRules,
)
from sipas.rounds.sections import (
    DossierCount,
    FrameCode,
    FrameHeading,
    FramePart,
    PublicValue,
    UnitsPart,
)

__all__ = [
    "ONLY_INSTRUMENT",
    "AnyRules",
    "DossierCount",
    "FrameCode",
    "FrameHeading",
    "FramePart",
    "Holder",
    "InstrumentFacts",
    "InstrumentHead",
    "InstrumentRules",
    "PublicValue",
    "RoundHead",
    "SurveyRound",
    "UnitsPart",
    "ValuesFacts",
    "ValuesRules",
    "load_round",
]
