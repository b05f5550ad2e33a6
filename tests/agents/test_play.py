"""Play in the browser: what a game shows and takes, and whom the server answers."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from agents.play.__main__ import main, parse_args, read_settings
from agents.play.game import Game, PlaySettings
from agents.play.server import PlayServer
from pokeenv import IllegalActionError, PokeenvError, load_record
from tests.support.checkpoints import save, small_config
from tests.support.play_client import joined

FORMAT = "gen1randombattle"


@pytest.fixture
def settings(tmp_path: Path) -> PlaySettings:
    return PlaySettings("max", FORMAT, seed=5, replays=tmp_path / "replays")


@pytest.fixture
def game(settings: PlaySettings) -> Iterator[Game]:
    with closing(Game(settings)) as running:
        yield running


def play_to_the_end(game: Game, look: Callable[[dict[str, Any]], None] = lambda view: None) -> dict[str, Any]:
    """Play random choices; `look` sees every view before the last, which is returned."""
    rng = np.random.default_rng(0)
    while not (view := game.view())["ended"]:
        look(view)
        game.choose(int(rng.choice([choice["action"] for choice in view["board"]["choices"]])), game.decision)
    return view


def test_the_view_of_a_running_battle_holds_nothing_hidden(settings: PlaySettings) -> None:
    hidden_names = 0

    def look(view: dict[str, Any]) -> None:
        nonlocal hidden_names
        log = game._env.battle_log(0)
        # Lines for p1 and for both; the other seat's own lines are left out.
        seen = "\n".join(line for line in log["log"] if not line.startswith("|player|"))
        text = json.dumps(view)
        own = json.dumps(log["teams"][0])
        for member in log["teams"][1]:
            for name in (member["species"], *member["moves"]):
                if name not in own and name.lower().replace(" ", "") not in seen.lower().replace(" ", ""):
                    hidden_names += 1
                    assert f'"{name}"' not in text
        assert view["thoughts"] == [] and view["replay"] == ""

    with closing(Game(settings)) as game:
        view = play_to_the_end(game, look)
    assert hidden_names > 100
    assert view["thoughts"]


def test_a_battle_is_played_to_its_end_and_saved(game: Game) -> None:
    view = play_to_the_end(game)
    assert view["board"]["result"] in ("You won", "You lost", "A tie")
    assert view["board"]["choices"] == []
    record = load_record(view["replay"])
    assert record.ended and record.turns == view["board"]["turn"]
    assert [thought["turn"] for thought in view["thoughts"]] == sorted(t["turn"] for t in view["thoughts"])
    assert all(thought["options"][0]["name"] == thought["chosen"] for thought in view["thoughts"])


def test_only_legal_choices_are_taken_and_each_of_them_once(game: Game) -> None:
    before = game.view()
    legal = [choice["action"] for choice in before["board"]["choices"]]
    illegal = next(action for action in range(26) if action not in legal)
    with pytest.raises(IllegalActionError):
        game.choose(illegal, game.decision)
    assert game.view() == before
    game.choose(legal[0], game.decision)
    after = game.view()
    assert after["decision"] > before["decision"]
    game.choose(legal[0], before["decision"])
    assert game.view() == after, "a choice that arrives twice is played once"


def test_a_rematch_repeats_the_battle_and_may_exchange_the_seats(game: Game) -> None:
    first = game.view()
    teams = game._env.engine.packed_teams(0)
    game.start(game.seed, 0)
    again = game.view()
    assert (again["board"], again["turns"]) == (first["board"], first["turns"])
    assert again["battle"] == first["battle"] + 1
    game.start(game.seed, 1)
    exchanged = game.view()
    assert game._env.engine.packed_teams(0) == teams
    names = [member["name"] for member in exchanged["board"]["own"]["team"]]
    assert first["board"]["opposing"]["team"][0]["name"] == names[0]
    assert play_to_the_end(game)["board"]["result"]
    game.start(None, 0)
    assert game.view()["seed"] != first["seed"]


def test_doubles_are_played_with_targets(tmp_path: Path) -> None:
    settings = PlaySettings("random", "gen9randomdoublesbattle", seed=6, replays=tmp_path)
    targets, phases = set(), set()

    def look(view: dict[str, Any]) -> None:
        phases.add(view["board"]["phase"])
        targets.update(choice["target"] for choice in view["board"]["choices"])

    with closing(Game(settings)) as game:
        view = play_to_the_end(game, look)
    assert view["board"]["result"] and {thought["pokemon"] for thought in view["thoughts"]}
    assert {"choose for the left one", "choose for the right one"} <= phases and len(targets) > 4


def test_giving_up_loses(game: Game) -> None:
    game.give_up()
    view = game.view()
    assert view["board"]["result"] == "You lost by forfeit" and view["ended"]
    assert Path(view["replay"]).exists()


def test_a_learnt_agent_shows_probabilities_and_values(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint_000001.pt"
    save(path, small_config(f"battle_format={FORMAT}"))
    settings = PlaySettings(str(path), FORMAT, seed=2, replays=tmp_path)
    with closing(Game(settings)) as game:
        for _ in range(8):
            game.choose(game.view()["board"]["choices"][0]["action"], game.decision)
        game.give_up()
        thoughts = game.view()["thoughts"]
    assert len(thoughts) > 4
    for thought in thoughts:
        assert thought["probabilities"]
        assert sum(option["score"] for option in thought["options"]) == pytest.approx(1, abs=0.01)
    assert any(thought["value"] != 0 for thought in thoughts)


def test_teams_of_both_seats_come_from_their_own_files() -> None:
    folder = Path("config/teams/gen1ou")
    own, opposing = str(folder / "balance.txt"), str(folder / "explosions.txt")
    args = parse_args(["--battle-format", "gen1ou", "--team", own, "--opponent-team", opposing])
    settings = read_settings(args)
    assert settings.teams is not None
    leads = [teams[0].split("|")[0] for teams in settings.teams]
    assert leads[0] != leads[1]
    with closing(Game(settings)) as game:
        for seat in (0, 1):
            game.start(1, seat)
            assert [team.split("|")[0] for team in game._env.engine.packed_teams(0)] == leads


# The server.


@contextmanager
def serving(settings: PlaySettings, **options: Any) -> Iterator[PlayServer]:
    """A server in a thread, with the games that it made in `server.made`."""
    made: list[Game] = []

    def new_game() -> Game:
        made.append(Game(settings))
        return made[-1]

    server = PlayServer(new_game, **options)
    server.made = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayServer]:
    settings = PlaySettings("max", FORMAT, seed=5, replays=tmp_path_factory.mktemp("replays"))
    with serving(settings, grace_s=0.3, most_games=2) as running:
        yield running


def host_of(server: PlayServer) -> str:
    return server.address.split("/")[2]


def ask(server: PlayServer, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """GET a path: status, body and headers."""
    connection = http.client.HTTPConnection(host_of(server), timeout=10)
    with closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())


def path_of(server: PlayServer) -> str:
    return "/" + server.address.split("/", 3)[3]


def test_the_page_is_served_whole_and_closed_to_other_sources(server: PlayServer) -> None:
    status, page, headers = ask(server, path_of(server))
    assert status == 200 and "<main" in page
    for name in ("page.css", "page.js"):
        assert f'"{name}"' in page
        assert ask(server, path_of(server) + name)[0] == 200
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer" and headers["Cache-Control"] == "no-store"


def test_only_the_own_host_origin_and_token_are_answered(server: PlayServer) -> None:
    path, host = path_of(server), host_of(server)
    assert ask(server, "/")[0] == 403
    assert ask(server, "/page.js")[0] == 403
    assert ask(server, f"/{'x' * 32}/")[0] == 403
    assert ask(server, path, Host="localhost.evil.example")[0] == 403
    assert ask(server, path, Host=host.replace("127.0.0.1", "rebound.example"))[0] == 403
    assert ask(server, path, Origin="http://evil.example")[0] == 403
    assert ask(server, path, Origin="null")[0] == 403
    assert ask(server, path, Origin=f"http://{host}")[0] == 200
    assert ask(server, path + "../server.py")[0] == 404
    assert ask(server, path + "socket")[0] == 403
    for origin in (None, "http://evil.example", "null", f"https://{host}"):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{host}{path}socket", origin=origin)
        assert refused.value.response.status_code == 403
    assert server.games == 0


def test_other_machines_cannot_connect(server: PlayServer) -> None:
    assert server._server.socket.getsockname()[0] == "127.0.0.1"


def say(tab: ClientConnection, **message: Any) -> dict[str, Any]:
    tab.send(json.dumps(message))
    answer: dict[str, Any] = json.loads(tab.recv(timeout=30))
    return answer


def first_choice(view: dict[str, Any]) -> dict[str, Any]:
    return {"choose": view["board"]["choices"][0]["action"], "decision": view["decision"]}


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_reload_continues_two_tabs_are_independent_and_closed_ones_end(server: PlayServer) -> None:
    with ExitStack() as second_tab:
        with joined(server.address, "tab-number-1") as (tab, answer):
            view = say(tab, **first_choice(answer["view"]))["view"]
            other, start = second_tab.enter_context(joined(server.address, "tab-number-2"))
            assert start["view"]["board"] == answer["view"]["board"], "the same seed, untouched"
            with joined(server.address, "tab-number-3") as (_, refused):
                assert "close other tabs" in refused["ended"]
        with joined(server.address, "tab-number-1") as (tab, answer):
            assert answer["view"] == view
            assert "decision" in say(tab, **first_choice(view))["view"]
            time.sleep(0.6)  # longer than the grace period, which a tab that came back has left
            assert server.games == 2
        assert say(other, again="same")["view"]["board"] == start["view"]["board"]
        wait_until(lambda: server.games == 1)
    wait_until(lambda: server.games == 0)


def test_a_game_that_is_opened_twice_moves_to_the_newer_tab(server: PlayServer) -> None:
    with joined(server.address, "tab-number-4") as (first, _):
        with joined(server.address, "tab-number-4") as (second, answer):
            assert "another tab" in json.loads(first.recv(timeout=10))["ended"]
            with pytest.raises(ConnectionClosed):
                first.recv(timeout=10)
            assert say(second, **first_choice(answer["view"]))["view"]
    wait_until(lambda: server.games == 0)


@pytest.mark.parametrize(
    "message", ["[]", "{", "[" * 4000, '{"choose": 999, "decision": 1}', '{"choose": "6"}', '{"again": "x"}']
)
def test_messages_that_make_no_sense_are_answered_and_change_nothing(
    server: PlayServer, message: str
) -> None:
    with joined(server.address, "tab-number-5") as (tab, answer):
        view = answer["view"]
        tab.send(message.replace('"decision": 1', f'"decision": {view["decision"]}'))
        assert json.loads(tab.recv(timeout=10))["error"]
        assert say(tab, again="same")["view"]["board"] == view["board"]


def test_an_idle_game_ends_with_its_simulator(settings: PlaySettings) -> None:
    with serving(settings, idle_s=0.3) as server, joined(server.address, "tab-number-6") as (tab, _):
        assert "has ended" in json.loads(tab.recv(timeout=10))["ended"]
        wait_until(lambda: server.games == 0)
        (game,) = server.made  # type: ignore[attr-defined]
        with pytest.raises(PokeenvError):
            game.start(1, 0)


def test_a_dead_simulator_ends_its_game_in_words(settings: PlaySettings) -> None:
    with serving(settings) as server, joined(server.address, "tab-number-7") as (tab, answer):
        (game,) = server.made  # type: ignore[attr-defined]
        game._env.engine.close()
        with suppress(ConnectionClosed):  # the agent, which decides ahead, may have met the fault already
            tab.send(json.dumps(first_choice(answer["view"])))
        assert "cannot continue" in json.loads(tab.recv(timeout=10))["ended"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--opponent", "rul"], "did you mean 'rule'"),
        (["--battle-format", "gen9ou"], "needs teams"),
        (["--battle-format", "gen9randombatle"], "did you mean"),
        (["--team", "nowhere.txt", "--battle-format", "gen9ou"], "nowhere.txt"),
    ],
)
def test_faults_of_the_command_line_are_one_line(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(options) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


def test_a_port_in_use_is_named(server: PlayServer, capsys: pytest.CaptureFixture[str]) -> None:
    port = host_of(server).split(":")[1]
    assert main(["--port", port]) == 1
    assert f"port {port}" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        main(["--port", "70000"])
    assert stopped.value.code == 2
