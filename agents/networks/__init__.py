"""Policy and value networks: `basic`, `lstm`, `attention`, `entity`; three kinds of memory."""

from agents.networks.actor_critic import parameters_of, read_once, step_both, trunks_of
from agents.networks.memories.recurrent import AttentionMemory, GRUMemory, Hidden, LSTMMemory, Memory
from agents.networks.network import Encoder, Encoding, Network, Trunk
from agents.networks.packing import SequencePlan, plan_sequences, split_segments
from agents.networks.registry import MEMORIES, NETWORK_TYPES, NetworkShape, NetworkSpec, build_networks

__all__ = [
    "MEMORIES",
    "NETWORK_TYPES",
    "AttentionMemory",
    "Encoder",
    "Encoding",
    "GRUMemory",
    "Hidden",
    "LSTMMemory",
    "Memory",
    "Network",
    "NetworkShape",
    "NetworkSpec",
    "SequencePlan",
    "Trunk",
    "build_networks",
    "parameters_of",
    "plan_sequences",
    "read_once",
    "split_segments",
    "step_both",
    "trunks_of",
]
