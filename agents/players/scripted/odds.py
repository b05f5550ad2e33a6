"""`odds`: an opponent for measuring alone. It weighs every outcome of one turn: damage, misses, replies."""

from __future__ import annotations

import numpy as np

from agents.estimates import move_effects as effects
from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import FIELD, MOVE, POKEMON, BattleView, Bools, Floats, natural
from agents.estimates.duel import Values
from agents.estimates.gimmicks import GIMMICKS, gimmick_gain
from agents.estimates.move_effects import RECHARGES, SACRIFICE
from agents.estimates.move_tables import RECHARGE_YIELD
from agents.estimates.type_chart import TYPE_ID
from agents.players.scripted.scored_agent import MOVES, SWITCHES, ScoringAgent

# Worth of a position: for each Pokémon that is not knocked out, and for its HP; then for the better attack.
_ALIVE, _HP, _TEMPO = 0.4, 0.6, 0.3
_ROLLS = (0.93, 1.0, 1.07)  # low, middle and high damage over the mean
_CRITICAL = np.array([0, 1.9, 2, 2, 2, 2, 1.5, 1.5, 1.5, 1.5])  # damage, by generation
_CRITICAL_CHANCE = np.array([0, 0, 1, 1, 1, 1, 1, 1 / 1.5, 1 / 1.5, 1 / 1.5]) / 16  # generation 1: by speed
_HASTE = 0.15  # difference of damage, in HP, that makes a reply e times as probable
_GIMMICK_COST, _REST_COST, _RECHARGE_COST = 0.1, 0.25, 0.2
_SWITCH_COST, _RESTLESS_COST = 0.12, 1.0
# Set-up pays only from this HP on, and if the expected reply takes less than this share of it.
_SETUP_HP, _SETUP_TAKEN, _STAGE_WORTH = 0.65, 0.35, 0.14
_HEAL_BELOW = 0.65
_STATUS_WORTH = {"SLEEP": 0.4, "PARALYSIS": 0.2, "BURN": 0.15, "POISON": 0.15, "SEED": 0.15, "CONFUSION": 0.1}
_IMMUNE = {
    "SLEEP": (),
    "PARALYSIS": ("electric", "ground"),
    "BURN": ("fire",),
    "POISON": ("poison", "steel"),
    "SEED": ("grass",),
    "CONFUSION": (),
}


class OddsAgent(ScoringAgent):
    """One turn of every action against every attack of the opponent, each with all of its outcomes.

    An attack misses, does low, middle or high damage, or is a critical hit. The opponent takes the attacks
    that do more damage more often. The worth of an outcome counts Pokémon, HP and the attacks that follow;
    no further turn is played. The agent sets up and heals above and below fixed shares of its HP.

    It plays singles only.
    """

    name = "odds"
    actives = 1  # singles only

    def score(self, observations: Floats, legal: Bools) -> Floats:
        """Expected worth of the position after each action."""
        turn = _Turn(BattleView.read(observations))
        scores = np.empty(legal.shape, dtype=np.float32)
        plain, *others = MOVES.reshape(len(GIMMICKS), -1)
        scores[:, plain] = np.maximum(turn.attacks(1.0), turn.support())
        gains = gimmick_gain(turn.view)
        for place, actions in enumerate(others, start=1):
            scores[:, actions] = -9.0
            if legal[:, actions].any():
                scores[:, actions] = turn.attacks(gains[:, place]) - _GIMMICK_COST
        must: Bools = ~np.any(legal[:, MOVES], axis=1)
        scores[:, SWITCHES] = turn.switches(must)
        return scores


class _Turn:
    """One turn between the active Pokémon.

    Args:
        view: B positions.
    """

    def __init__(self, view: BattleView) -> None:
        """Estimate both sides' attacks."""
        self.view = view
        self.estimates = estimates = BattleEstimates(view)
        self.hp = estimates.of_active(estimates.hp)
        self.left = estimates.left
        self.offence = estimates.damage.offence * estimates.able[:, 0]  # (B, 6)
        # Replies: four known attacks, two assumed ones, and none.
        known = view.moves[view.rows, 1, view.active[:, 1]]
        assumed = np.zeros((len(view.rows), 2), dtype=np.float32)
        self.priority = np.concatenate([known[..., MOVE["priority"]], assumed], axis=1)  # (B, 6)
        accuracy = np.concatenate([known[..., MOVE["accuracy"]], assumed + 1], axis=1)
        self.accuracy = np.clip(accuracy, 0.05, 1.0)
        # (B, 6 own, 6 replies) damage of a hit, which `incoming` holds times accuracy and paralysis.
        certain = self.accuracy * estimates.of_opponent(estimates.able)[:, None]
        self.hits = estimates.incoming / certain[:, None]
        damage = estimates.of_active(estimates.incoming)
        answers = estimates.of_opponent(estimates.able * estimates.moves_now)
        likely = np.exp(np.minimum(damage / np.maximum(self.hp, 0.05)[:, None], 1.2) / _HASTE) * (damage > 0)
        total = likely.sum(axis=1, keepdims=True)
        self.chances = likely / np.maximum(total, 1e-6) * answers[:, None]  # (B, 6)
        self.expected = (self.chances * damage).sum(axis=1)

    def worth(self, hp: Values, left: Values, offence: Values, taken: Values) -> Values:
        """Worth of a position with HP of both sides and the best attacks that follow."""
        safe_hp, safe_left = np.maximum(hp, 0.01), np.maximum(left, 0.01)
        balance = np.minimum(offence / safe_left, 1.0) - np.minimum(taken / safe_hp, 1.0)
        both = (hp > 0) & (left > 0)
        own, opposing = (np.where(x > 0, _ALIVE + _HP * x, 0.0) for x in (hp, left))
        return own - opposing + _TEMPO * balance * both

    def outcomes(self, damage: Values, lands: Values, side: int) -> tuple[Values, Values]:
        """Damage and chance `(..., 5)` of each outcome of attacks: miss, critical hit, three rolls.

        Args:
            damage: `(B, ...)` mean damage of a hit.
            lands: chance that the attack is made and hits.
            side: 0 for own attacks, 1 for the opponent's.
        """
        generation = self.view.generation
        by_speed = natural("pokemon.base_spe", self.view.of_active(side, "base_spe")) / 512
        critical = np.where(generation == 1, by_speed, _CRITICAL_CHANCE[generation])
        more = _CRITICAL[generation]
        column = (slice(None), *(None,) * (damage.ndim - 1))
        critical, more = critical[column], more[column]
        sizes = np.stack([0 * damage, more * damage, *(roll * damage for roll in _ROLLS)], axis=-1)
        rolled = lands * (1 - critical) / len(_ROLLS)
        chances = np.stack([1 - lands + 0 * critical, lands * critical, rolled, rolled, rolled], axis=-1)
        return sizes, chances

    def moves_first(self) -> Values:
        """`(B, 4, 6)` chance that each own move comes before each reply."""
        own = self.view.active_moves()[:, :, None, MOVE["priority"]]
        reply = self.priority[:, None, :]
        by_speed = self.estimates.of_active(self.estimates.first)[:, None, None]
        return np.where(own == reply, by_speed, own > reply)

    def exchange(self, damage: Values, lands: Values, heals: Values, offence: Values) -> Values:
        """`(B, 4)` expected worth after each own move and the opponent's reply, whichever comes first.

        Args:
            damage: `(B, 4)` mean damage of a hit.
            lands: `(B, 4)` chance that the move is made and hits.
            heals: `(B, 4)` HP restored.
            offence: `(B, 4)` the best own attack afterwards.
        """
        estimates = self.estimates
        taken = estimates.of_active(estimates.taken)[:, None]
        blows, blow_chances = self.outcomes(damage, lands, 0)  # (B, 4, 5)
        hits, hit_chances = self.outcomes(estimates.of_active(self.hits), self.accuracy, 1)  # (B, 6, 5)
        hit_chances = hit_chances * self.chances[..., None]
        none = 1 - self.chances.sum(axis=1)

        hp, left = self.hp[:, None], self.left[:, None]
        drain = estimates.of_active(estimates.drain[:, 0])[:, None]
        opposing_drain = estimates.of_opponent(estimates.drain)[:, None]

        def after(hp: Values, left: Values, axes: int) -> Values:
            """Worth at the end of the turn, with `axes` axes behind that of the moves."""
            shape = (slice(None), slice(None), *(None,) * axes)
            ended = np.where(hp > 0, np.maximum(hp - drain[shape], 0.01), 0.0)
            opposing = np.where(left > 0, np.maximum(left - opposing_drain[shape], 0.01), 0.0)
            return self.worth(ended, opposing, offence[shape], taken[shape])

        healed = np.minimum(hp + heals, np.maximum(hp, 1.0))  # (B, 4)
        unanswered = (after(healed[..., None], left[..., None] - blows, 1) * blow_chances).sum(axis=2)
        # (B, 4 moves, 5 outcomes, 6 replies, 5 outcomes)
        own = (slice(None), slice(None), slice(None), None, None)
        reply = (slice(None), None, None, slice(None), slice(None))
        remaining = np.maximum(left[..., None] - blows, 0.0)[own]
        hurt = hits[reply]
        first_hp = np.where(
            remaining > 0,
            np.maximum(healed[:, :, None, None, None] - hurt, 0.0),
            healed[:, :, None, None, None],
        )
        quick = after(first_hp, remaining, 3)
        kept = np.maximum(hp[:, :, None, None, None] - hurt, 0.0)
        second_hp = np.where(kept > 0, np.minimum(kept + heals[:, :, None, None, None], 1.0), 0.0)
        slow = after(second_hp, np.where(kept > 0, remaining, left[:, :, None, None, None]), 3)
        first = self.moves_first()[:, :, None, :, None]
        answered = (first * quick + (1 - first) * slow) * blow_chances[own] * hit_chances[reply]
        total: Values = answered.sum(axis=(2, 3, 4)) + none[:, None] * unanswered
        return total

    def lands(self) -> Values:
        """`(B, 4)` chance that each own move is made and hits."""
        able = self.estimates.of_active((self.estimates.able * self.estimates.moves_now)[:, 0])
        return self.view.active_moves()[..., MOVE["accuracy"]] * able[:, None]

    def attacks(self, gain: Values | float) -> Values:
        """`(B, 4)` worth of the own attacks; -9 for moves that do no damage."""
        estimates, ids = self.estimates, self.view.active_move_ids()
        damage = estimates.of_active(estimates.damage.dealt) * gain
        damage = damage / np.where(RECHARGES[ids], RECHARGE_YIELD, 1.0)
        offence = estimates.of_active(self.offence)[:, None].repeat(4, axis=1)
        value = self.exchange(damage, self.lands(), np.zeros_like(damage), offence)
        knocks_out = damage >= self.left[:, None]
        value = value - _RECHARGE_COST * (RECHARGES[ids] & ~knocks_out)
        value = value - SACRIFICE[ids] * (_ALIVE + _HP * self.hp[:, None])
        return np.where(damage > 0, value + 0.02 * np.minimum(damage, 1.0), -9.0)

    def support(self) -> Values:
        """`(B, 4)` worth of the own moves that do no damage; -8 for attacks and moves without effect."""
        ids, lands = self.view.active_move_ids(), self.lands()
        heals = effects.HEALING[ids] * (self.hp < _HEAL_BELOW)[:, None]
        stages, factor = self._stages(ids)
        gain = _STAGE_WORTH * stages + self._afflicts(ids) * lands + self._lays(ids)
        offence = self.estimates.of_active(self.offence)[:, None] * factor
        value = self.exchange(np.zeros_like(lands), lands, heals, offence) + gain
        value = value - _REST_COST * effects.REST[ids]
        useful = (heals > 0) | (gain > 0)
        status = self.view.active_moves()[..., MOVE["status"]] > 0.5
        return np.where(useful & status, value, -8.0)

    def _stages(self, ids: np.ndarray) -> tuple[Values, Values]:
        """`(B, 4)` useful stages that each move gives where setting up is safe, and the attack's factor."""
        view = self.view
        safe = (self.hp >= _SETUP_HP) & (self.expected <= _SETUP_TAKEN * self.hp) & (self.left > 0.35)
        attacks = view.active_moves()
        physical = ((attacks[..., MOVE["physical"]] > 0.5) & (attacks[..., MOVE["power"]] > 0)).any(axis=1)
        slower = self.estimates.of_active(self.estimates.first) < 0.5
        uses = {"atk": physical, "spa": ~physical, "spe": slower}
        total, factor = np.zeros(ids.shape), np.ones(ids.shape)
        for stat, used in uses.items():
            field = f"own_boost_{stat}"
            stage = natural(f"field.{field}", view.field[:, FIELD[field]])
            stages = effects.BOOSTS[stat][ids] * (used & safe & (stage < 2))[:, None]
            total = total + np.clip(stages, 0, 2)
            if stat != "spe":
                factor = factor * (1 + 0.5 * np.clip(stages, 0, 4))
        payable = self.hp[:, None] > effects.PRICE[ids] + 0.3
        return total * payable, factor

    def _afflicts(self, ids: np.ndarray) -> Values:
        """`(B, 4)` worth of the status that each move inflicts."""
        view, left = self.view, np.minimum(self.left, 1.0)
        types = np.stack([view.of_active(1, "type_1"), view.of_active(1, "type_2")])
        ill = np.any([view.of_active(1, f"status_{name}") > 0.5 for name in effects.STATUSES], axis=0)
        one_sleeps = (view.team[:, 1, :, POKEMON["status_slp"]] > 0.5).any(axis=1)
        blocked = view.flag("opposing_volatile_substitute")
        worth = np.zeros(ids.shape)
        for name, value in _STATUS_WORTH.items():
            immune = np.any([(types == TYPE_ID[each]).any(axis=0) for each in _IMMUNE[name]], axis=0)
            immune = immune | blocked
            if name == "SEED":
                immune = immune | view.flag("opposing_volatile_leechseed")
            elif name == "CONFUSION":
                immune = immune | view.flag("opposing_volatile_confusion")
            else:
                immune = immune | ill | (one_sleeps & (name == "SLEEP"))
            worth += getattr(effects, name)[ids] * (value * left * ~immune)[:, None]
        return worth

    def _lays(self, ids: np.ndarray) -> Values:
        """`(B, 4)` worth of the hazards that each move lays, for the opposing bench."""
        bench = np.maximum(self.estimates.healthy("opposing") - 1, 0)
        worth = np.zeros(ids.shape)
        for hazard, value in effects.HAZARDS.items():
            new = self.view.field[:, FIELD[f"opposing_{hazard}"]] <= 0
            worth += effects.LAYS[hazard][ids] * (value * bench * new)[:, None]
        return worth

    def switches(self, free: Bools) -> Values:
        """`(B, 6)` worth of a switch to each Pokémon, which is attacked unless the row is `free`."""
        estimates = self.estimates
        hits, chances = self.outcomes(self.hits, self.accuracy[:, None], 1)  # (B, 6 own, 6 replies, 5)
        chances = chances * (self.chances * ~free[:, None])[:, None, :, None]
        none = 1 - chances.sum(axis=(2, 3))
        entered = estimates.hp - estimates.entry_damage
        left, offence, taken = self.left[:, None], self.offence, estimates.taken

        def others(values: Values) -> Values:
            return values[..., None, None]

        hurt = np.maximum(others(entered) - hits, 0.0)
        attacked = self.worth(hurt, others(left), others(offence), others(taken)) * chances
        value = attacked.sum(axis=(2, 3)) + none * self.worth(np.maximum(entered, 0.0), left, offence, taken)
        # Worth of the own side: the Pokémon that comes in is compared with itself, the active stays whole.
        value = value - (_ALIVE + _HP * estimates.hp)
        value = value + np.where(free, 0.0, np.where(self.hp > 0, _ALIVE + _HP * self.hp, 0.0))[:, None]
        turn = natural("field.turn", self.view.field[:, FIELD["turn"]])
        settled = (self.view.of_active(0, "last_move") > 0) | (turn < 1.5)
        cost = np.where(free, 0.0, np.where(settled, _SWITCH_COST, _RESTLESS_COST))
        result: Values = value - cost[:, None]
        return result
