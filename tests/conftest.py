"""What holds for every test."""

from error_words import every_error_has_its_facts, watch

from sampling.errors import Fault, SurveyError

__all__ = ["every_error_has_its_facts"]
watch(SurveyError)
watch(Fault)
