"""The training configuration: valid and invalid values, and its error messages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import train_selfplay
from agents.config import TrainConfig, build_config, load_config
from agents.config.__main__ import config_markdown
from agents.config.reading import keys_of, sections_of
from agents.errors import ConfigError

ROOT = Path(__file__).parents[2]
TEMPLATES = ["config/train_config.yml", "config/train_config_long.yml"]
KEYS = keys_of(TrainConfig)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.yml"
    path.write_text(text, encoding="utf-8")
    return path


def fault_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    return str(caught.value)


@pytest.mark.parametrize("template", [*TEMPLATES, "config/train_config_ray.yml"])
def test_template_is_accepted_and_learns_from_sequences(template: str) -> None:
    config = load_config(ROOT / template)
    assert config.network.recurrent
    assert config.sequence_learning.enabled


@pytest.mark.parametrize("template", TEMPLATES)
def test_template_has_every_key_once_with_a_comment(template: str) -> None:
    section, found = "", []
    for line in (ROOT / template).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"(  )?(\w+):.*\S? # \S.*", line)
        assert match, f"no comment: {line}"
        indented, name = match.groups()
        section = section if indented else (f"{name}." if name in sections_of(TrainConfig) else "")
        if indented or not section:
            found.append(section + name)
    assert sorted(found) == sorted(KEYS)


def test_every_key_has_a_meaning_and_every_number_a_range() -> None:
    assert [name for name, key in KEYS.items() if not key.meaning] == []
    numbers = [key for key in KEYS.values() if key.type in ("integer", "number", "choice")]
    assert [key.name for key in numbers if not key.range] == []


def test_page_of_the_configuration_is_current() -> None:
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    assert page == config_markdown(), "python -m agents.config > docs/config.md"
    for key in KEYS.values():
        assert f"| `{key.name}` |" in page


def test_help_explains_every_key_in_aligned_columns(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        train_selfplay.main(["--help"])
    assert done.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 110
    table = lines[next(number for number, line in enumerate(lines) if line.startswith("key ")) :]
    (head,) = (line for line in table if line.startswith("key "))
    for key in KEYS.values():
        (line,) = (line for line in table if line.startswith(f"{key.name} "))
        if "." not in key.name:
            assert line[head.index("default") :].startswith(key.default)
        assert key.meaning.split()[0] in line


def test_defaults_in_the_table_are_those_of_the_model() -> None:
    overrides = [f"{key.name}={key.default}" for key in KEYS.values()]
    assert load_config(None, overrides) == TrainConfig()


@pytest.mark.parametrize("key", KEYS)
def test_every_misspelt_key_is_refused_with_a_suggestion(key: str) -> None:
    misspelt = key[:-1] + ("x" if key[-1] != "x" else "y") if len(key.split(".")[-1]) > 3 else key + "s"
    with pytest.raises(ConfigError) as caught:
        load_config(None, [f"{misspelt}=1"])
    message = str(caught.value)
    assert f"unknown key {misspelt!r} (value '1')" in message
    assert f"did you mean {key!r}?" in message
    assert f"{misspelt}=1" in message


def wrong_value(key: str) -> str:
    return "[1, {}]" if KEYS[key].type in ("choice", "list") else "fast"


@pytest.mark.parametrize("key", [key for key in KEYS if KEYS[key].type != "text"])
def test_override_of_the_wrong_type_names_key_value_and_what_is_allowed(key: str) -> None:
    value = wrong_value(key)
    with pytest.raises(ConfigError) as caught:
        load_config(None, [f"{key}={value}"])
    message = str(caught.value).splitlines()[0]
    assert message.startswith(f"override '{key}={value}': {key}")
    assert "is not" in message
    assert KEYS[key].range in message


def test_key_at_the_wrong_level_is_pointed_to_its_section(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "bptt_length: 50\n")
    assert "did you mean 'sequence_learning.bptt_length'?" in message


def test_message_names_file_key_value_and_range(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "gamma: 1.5\n")
    assert "run.yml" in message
    assert "gamma: 1.5" in message
    assert "is not a number from 0 to 1" in message


def test_message_names_the_allowed_values(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "network: {type: lsmt}\n")
    assert "network.type: 'lsmt'" in message
    for allowed in ("basic", "lstm", "attention", "entity"):
        assert allowed in message


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "gama: 0.9\nepisodes: 0\nlr: fast\n")
    assert len(message.splitlines()) == 3
    assert "pydantic" not in message


def test_true_is_not_the_number_one(tmp_path: Path) -> None:
    assert "episodes: true is not an integer" in fault_of(tmp_path, "episodes: true\n")


def test_scientific_notation_without_a_point_is_a_number(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "lr: 3e-4\n")).lr == 3e-4


def test_duplicate_key_is_refused_with_its_line(tmp_path: Path) -> None:
    message = fault_of(tmp_path, "lr: 0.1\ngamma: 1.0\nlr: 0.2\n")
    assert "line 3" in message
    assert "duplicate key 'lr'" in message


def test_broken_yaml_and_missing_file_are_reported_in_one_line(tmp_path: Path) -> None:
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
        ("team: files\n", "teams_dir belong together"),
        ("network: {memory: attention, lstm_hidden_size: 30}\n", "multiple of network.num_heads"),
        ("evaluation: {battles: 41}\n", "evaluation.battles"),
        ("evaluation: {interval_battles: 41}\n", "evaluation.interval_battles"),
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


# Faulty files, and a pattern of the error message.
BROKEN_FILES = {
    b"lr: 0.1\nlr: 0.2\n": "line 2: duplicate key 'lr'",
    b"network: {type: lstm, type: basic}\n": "duplicate key 'type'",
    b"network:\n\ttype: lstm\n": "line 2.*indent with spaces",
    b"- lr\n- gamma\n": "must hold 'key: value' lines",
    b"lr:0.1\n": "must hold 'key: value' lines",
    b"network: lstm\n": r"network: 'lstm' is not a section; set its keys, such as network\.type",
    b"network:\n": "network: null is not a section",
    b"lr: .nan\n": "lr: nan is not a number > 0, <= 1",
    b"value_coef: .inf\n": "value_coef: inf is not a number >= 0",
    b"lr: 1e999\n": "lr: inf",
    b"seed: 4294967296\n": "is not an integer from 0 to 2147483647",
    b"seed: " + b"9" * 5000: "not valid YAML.*digits",
    b"seed: 0x" + b"f" * 5000: "seed: a huge number is not an integer",
    b"episodes: 1.5\n": "episodes: 1.5 is not an integer",
    b"evaluation: {battles: 7}\n": "7 is not an integer from 0 to 1000000, even",
    b"evaluation: {opponents: [1]}\n": r"evaluation\.opponents\.0: 1 is not text",
    "gämma: 1\n".encode(): "did you mean 'gamma'",
    "игра: 1\n".encode(): "unknown key 'игра'",
    b"1: 2\n": "keys must be names, not 1",
    b"network: {true: 2}\n": "keys must be names, not true",
    b"? [a]\n: 2\n": "unhashable key",
    b"network: &a {x: *a}\n": "aliases are not allowed",
    b"lr: 2024-13-45\n": "not valid YAML: month",
    b"[" * 3000: "nested too deeply",
    b"\xff\xfe": "not UTF-8 text",
    b"\x00\x00": "not valid YAML",
    b"lr: 0.1\n---\nlr: 0.2\n": "another document",
    b'checkpoint_dir: "a\\0b"\n': "is not text",
    b"device: gpu\n": "not one of auto, cpu, cuda, cuda:N, mps",
}


@pytest.mark.parametrize("content", BROKEN_FILES, ids=lambda content: repr(content[:24]))
def test_broken_file_gets_one_clear_line_and_makes_no_run(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.yml").write_bytes(content)
    assert train_selfplay.main(["--config", "broken.yml"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.match(f"error: broken.yml: .*{BROKEN_FILES[content]}", line), line
    assert [path.name for path in tmp_path.iterdir()] == ["broken.yml"]


@pytest.mark.parametrize(
    ("override", "answer"),
    [
        ("network.type", "write key=value"),
        ("=3", "write key=value"),
        ("network=lstm", "is not a section"),
        ("network.type=lsmt", "did you mean 'lstm'"),
        ("network..type=lstm", "did you mean 'network.type'"),
        ("netwrok.type=lstm", "did you mean 'network.type'"),
        ("network.type.deep=1", "'network.type' is a value"),
        (".=1", "unknown key '.'"),
        ("lr=", "lr: null is not a number"),
        ("lr=[1", "not valid YAML"),
        ("seed=1.0", "seed: 1.0 is not an integer"),
        ("\udcff=1", "unknown key"),
        ("checkpoint_dir=", "text that is not empty"),
    ],
)
def test_broken_override_gets_one_clear_line(override: str, answer: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [override])
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"override {override!r}: ")
    assert answer in line


def test_text_on_the_command_line_is_taken_as_it_is() -> None:
    config = load_config(None, ["checkpoint_dir=2024-01-01 #3", "save_model=null", "opponent_mix='self:1'"])
    assert config.checkpoint_dir == "2024-01-01 #3"
    assert config.save_model is None
    assert config.opponent_ratios == {"self": 1.0}


def test_folder_and_unreadable_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path)

    def refuse(*args: object, **kwargs: object) -> str:  # root may read everything
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path, "")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigError, match=r"run\.yml: cannot be read: Permission denied"):
        load_config(path)


def test_empty_file_leaves_every_default(tmp_path: Path) -> None:
    for text in ("", "# nothing\n", "\ufeff"):
        assert load_config(write(tmp_path, text)) == TrainConfig()


def test_files_are_found_in_the_working_folder_then_beside_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    monkeypatch.chdir(here)
    path = there / "run.yml"
    path.write_text(
        "reward: composite\nreward_config: r.yaml\nteam: files\nteams_dir: teams\n", encoding="utf-8"
    )
    with pytest.raises(
        ConfigError, match=rf"run\.yml: reward_config: 'r\.yaml'.*{here}/r\.yaml and no {there}/r"
    ):
        load_config(path)
    (there / "r.yaml").touch()
    (there / "teams").mkdir()
    assert load_config(path).reward_config == str(there / "r.yaml")
    (here / "r.yaml").touch()
    config = load_config(path)
    assert (config.reward_config, config.teams_dir) == ("r.yaml", str(there / "teams"))
    assert load_config(path, ["teams_dir=elsewhere"]).teams_dir == "elsewhere", "of the command line"
    path.write_text("reward_config: unused.yaml\n", encoding="utf-8")
    load_config(path)


def test_two_ways_to_name_opponents_are_refused_with_the_way_out(tmp_path: Path) -> None:
    path = write(tmp_path, "opponent_mix: self:1\n")
    with pytest.raises(ConfigError, match="--set opponent_mix=null"):
        load_config(path, ["opponent=max"])
    assert load_config(path, ["opponent=max", "opponent_mix=null"]).opponent == "max"


def test_a_file_may_start_from_an_agent_of_the_package(tmp_path: Path) -> None:
    path = tmp_path / "config.yml"
    path.write_text("load_model: pretrained:gen9randombattle\n")
    assert load_config(path).load_model == "pretrained:gen9randombattle"
