"""Replicates of a design: jackknife, balanced half samples, bootstrap (docs/methods.md, section 6)."""

from sampling.replication.balanced import balanced
from sampling.replication.bootstrap import bootstrap
from sampling.replication.estimates import ReplicateEstimates, replicate
from sampling.replication.given import given_replicates
from sampling.replication.jackknife import jackknife
from sampling.replication.model import Replication
from sampling.replication.statistics import Statistic, combinations, ratios, sums

__all__ = [
    "ReplicateEstimates",
    "Replication",
    "Statistic",
    "balanced",
    "bootstrap",
    "combinations",
    "given_replicates",
    "jackknife",
    "ratios",
    "replicate",
    "sums",
]
