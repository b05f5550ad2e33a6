"""Policy and value networks: encoders, memories and heads, put together by their settings."""

from agents.networks.actor_critic import ActorCritic, Outputs
from agents.networks.memories.attention import AttentionMemory
from agents.networks.memories.base import Hidden, Memory
from agents.networks.memories.recurrent import GRUMemory, LSTMMemory
from agents.networks.network import Encoder, Encoding, Network, Trunk
from agents.networks.packing import SequencePlan, plan_sequences, split_segments
from agents.networks.registry import build_networks

__all__ = [
    "ActorCritic",
    "AttentionMemory",
    "Encoder",
    "Encoding",
    "GRUMemory",
    "Hidden",
    "LSTMMemory",
    "Memory",
    "Network",
    "Outputs",
    "SequencePlan",
    "Trunk",
    "build_networks",
    "plan_sequences",
    "split_segments",
]
