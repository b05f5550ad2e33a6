"""The training configuration: what it takes, what it refuses, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from agents.config import ConfigError, TrainConfig, build_config, load_config

ROOT = Path(__file__).parent.parent
TEMPLATES = ["config/train_config.yml", "config/train_config_long.yml"]


def fields_by_key(model: type[BaseModel] = TrainConfig, prefix: str = "") -> dict[str, str | None]:
    """Dotted key to description."""
    found: dict[str, str | None] = {}
    for name, field in model.model_fields.items():
        found[prefix + name] = field.description
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= fields_by_key(field.annotation, f"{prefix}{name}.")
    return found


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.yml"
    path.write_text(text, encoding="utf-8")
    return path


def fault_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    return str(caught.value)


@pytest.mark.parametrize("template", TEMPLATES)
def test_template_is_accepted(template: str) -> None:
    config = load_config(ROOT / template)
    assert config.network.type == "lstm"
    assert config.sequence_learning.enabled


@pytest.mark.parametrize("template", TEMPLATES)
def test_template_shows_every_key(template: str) -> None:
    text = (ROOT / template).read_text(encoding="utf-8")
    for key in fields_by_key():
        assert f"{key.split('.')[-1]}:" in text, key


def test_every_key_has_a_description() -> None:
    assert [key for key, description in fields_by_key().items() if not description] == []


@pytest.mark.parametrize("key", fields_by_key())
def test_every_misspelt_key_is_refused_with_a_suggestion(key: str) -> None:
    misspelt = key[:-1] + ("x" if key[-1] != "x" else "y") if len(key.split(".")[-1]) > 3 else key + "s"
    with pytest.raises(ConfigError) as caught:
        load_config(None, [f"{misspelt}=1"])
    message = str(caught.value)
    assert f"unknown key {misspelt!r} (value 1)" in message
    assert f"did you mean {key!r}?" in message
    assert f"{misspelt}=1" in message


def test_key_at_the_wrong_level_is_pointed_to_its_section(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "bptt_length: 50\n")
    assert "did you mean 'sequence_learning.bptt_length'?" in message


def test_message_names_file_key_value_and_range(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "gamma: 1.5\n")
    assert "run.yml" in message
    assert "gamma: 1.5" in message
    assert "less than or equal to 1" in message


def test_message_names_the_allowed_values(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "network: {type: lsmt}\n")
    assert "network.type: 'lsmt'" in message
    for allowed in ("basic", "lstm", "attention", "entity"):
        assert allowed in message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "gama: 0.9\nepisodes: 0\nlr: fast\n")
    assert len(message.splitlines()) == 3
    assert "pydantic" not in message


def test_true_is_not_the_number_one(tmp_path: Path) -> None:
    assert "episodes: True" in fault_of(tmp_path, "episodes: true\n")


def test_scientific_notation_without_a_point_is_a_number(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "lr: 3e-4\n")).lr == 3e-4


def test_duplicate_key_is_refused_with_its_line(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "lr: 0.1\ngamma: 1.0\nlr: 0.2\n")
    assert "line 3" in message
    assert "duplicate key 'lr'" in message


def test_broken_yaml_and_missing_file_are_told_in_one_line(tmp_path: Path) -> None:
    assert "line 2" in fault_of(tmp_path, "lr: 0.1\n  gamma: [1\n")
    with pytest.raises(ConfigError, match=r"no\.yml: cannot be read: No such file"):
        load_config(tmp_path / "no.yml")


def test_yaml_cannot_make_objects(tmp_path: Path) -> None:
    assert "not valid YAML" in fault_of(tmp_path, "lr: !!python/object/apply:os.getcwd []\n")


def test_override_replaces_a_nested_value_with_its_type() -> None:
    config = load_config(None, ["network.hidden_size=64", "tensorboard=false", "evaluation.opponents=[rule]"])
    assert config.network.hidden_size == 64
    assert config.tensorboard is False
    assert config.evaluation.opponents == ("rule",)


def test_fault_of_an_override_names_the_override(tmp_path: Path) -> None:
    path = write(tmp_path, "gamma: 0.99\n")
    with pytest.raises(ConfigError, match=r"override 'gamma=2': gamma: 2"):
        load_config(path, ["gamma=2"])
    with pytest.raises(ConfigError, match="write key=value"):
        load_config(path, ["gamma"])
    with pytest.raises(ConfigError, match="'gamma' is a value, not a section"):
        load_config(path, ["gamma.sub=1"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("opponent: max\nopponent_mix: 'random:1'\n", "exclude each other"),
        ("opponent: minmax\n", "did you mean 'max'"),
        ("opponent_mix: 'random:0.5,max'\n", "write name:ratio"),
        ("reward: composite\n", "needs reward_config"),
        ("reset_optimizer: true\n", "without load_model"),
        ("sequence_learning: {enabled: false}\n", "recurrent network"),
        ("parallel: 1\nnum_workers: 2\n", "more than parallel"),
        ("team: files\n", "teams_dir go together"),
        ("network: {memory: attention, lstm_hidden_size: 30}\n", "multiple of network.num_heads"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in fault_of(tmp_path, text)


def test_configuration_survives_a_dump() -> None:
    config = load_config(ROOT / TEMPLATES[0])
    assert build_config(config.model_dump(mode="json"), source="dump") == config


def test_one_opponent_is_a_mix_of_one() -> None:
    assert load_config(None, ["opponent=rule"]).opponent_ratios == {"rule": 1.0}
    assert load_config(None).opponent_ratios == {"self": 1.0}
