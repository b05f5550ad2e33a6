"""Policy and value networks: ``basic``, ``lstm``, ``attention``, ``entity``."""

from agents.networks.factory import NETWORK_TYPES, NetworkShape, NetworkSpec, build_networks
from agents.networks.network import Encoding, Hidden, Network
from agents.networks.sequences import SequencePlan, plan_sequences, split_segments

__all__ = [
    "NETWORK_TYPES",
    "Encoding",
    "Hidden",
    "Network",
    "NetworkShape",
    "NetworkSpec",
    "SequencePlan",
    "build_networks",
    "plan_sequences",
    "split_segments",
]
