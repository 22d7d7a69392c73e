"""Exact reasons of a tree: a table of Shapley values for every way its forks can turn out.

A tree of k forks can answer in at most 2**k patterns. The values of path-dependent TreeSHAP depend
on nothing else, so they are worked out once for each pattern and looked up for each customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from agents.churn.compiled import Fork, Leaf, Tree
from agents.churn.encode import Column, Matrix

Bits = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """The answers of one tree, by the pattern of its forks (bit k set: fork k goes left)."""

    forks: tuple[Fork, ...]
    base: float  # the tree's mean over the training customers
    values: Matrix  # pattern -> log-odds
    fields: tuple[int, ...]
    effects: Matrix  # pattern, field -> share of (value - base)


def tabulate(tree: Tree, columns: Sequence[Column]) -> Table:
    """Work out the table of one tree.

    A player of the game is a set of fields that one column reads: all one-hot columns of a field
    are one player; a ratio of two fields is another, and its share is halved between them.
    """
    forks = tuple(list_forks(tree))
    owners = [columns[fork.column].owners for fork in forks]
    players = sorted(set(owners))
    patterns = np.arange(2 ** len(forks))[:, None]
    coalitions = np.arange(2 ** len(players))[None, :]
    left = {fork: (patterns >> place) & 1 == 1 for place, fork in enumerate(forks)}
    known = {fork: (coalitions >> players.index(owner)) & 1 == 1 for fork, owner in zip(forks, owners, strict=True)}
    game = np.broadcast_to(play(tree, left, known), (patterns.size, coalitions.size))
    shares = shapley(game, len(players))
    fields = tuple(sorted({field for player in players for field in player}))
    effects = np.zeros((patterns.size, len(fields)))
    for place, player in enumerate(players):
        for field in player:
            effects[:, fields.index(field)] += shares[:, place] / len(player)
    return Table(forks, float(game[0, 0]), game[:, -1].copy(), fields, effects)


def list_forks(tree: Tree) -> list[Fork]:
    """Return the different forks of a tree from the root down."""
    if isinstance(tree, Leaf):
        return []
    return list(dict.fromkeys([tree, *list_forks(tree.left), *list_forks(tree.right)]))


def play(tree: Tree, left: dict[Fork, Bits], known: dict[Fork, Bits]) -> Matrix:
    """Return the tree's answer for each pattern and coalition of known players.

    Where a fork's player is unknown, both sides count by how many training customers took them.
    """
    if isinstance(tree, Leaf):
        return np.array([[tree.value]])
    one, other = play(tree.left, left, known), play(tree.right, left, known)
    share = count_rows(tree.left) / count_rows(tree)
    mean = share * one + (1.0 - share) * other
    return np.where(known[tree], np.where(left[tree], one, other), mean)


def count_rows(tree: Tree) -> int:
    """Return how many training customers came to a node."""
    return tree.rows if isinstance(tree, Leaf) else count_rows(tree.left) + count_rows(tree.right)


def shapley(game: Matrix, players: int) -> Matrix:
    """Return the Shapley value of each player for each pattern of a game over all coalitions."""
    coalitions = np.arange(2**players)
    sizes = np.array([int(coalition).bit_count() for coalition in coalitions])
    shares = np.empty((len(game), players))
    for player in range(players):
        without = coalitions[(coalitions >> player) & 1 == 0]
        weights = [factorial(size) * factorial(players - size - 1) / factorial(players) for size in sizes[without]]
        shares[:, player] = (game[:, without | (1 << player)] - game[:, without]) @ np.array(weights)
    return shares
