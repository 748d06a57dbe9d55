"""Spaces: one inner product is the weighted sum of the blocks' cosines."""

from __future__ import annotations

import json

import numpy as np
import pytest

from coldreel.errors import ProviderError
from coldreel.model import Vector
from coldreel.understand.spaces import MAX_DIMENSIONS, Block, Space, Template

SPACE = Space("three", (Block("text", 8, 0.6), Block("look", 20, 0.3), Block("sound", 5, 0.1)), Template.READ)


def drawn(generator: np.random.Generator, *without: str) -> dict[str, Vector]:
    """Blocks of norm one, in any direction."""
    values = {b.name: generator.normal(size=b.dimensions) for b in SPACE.blocks if b.name not in without}
    return {name: (v / np.linalg.norm(v)).astype(np.float32) for name, v in values.items()}


@pytest.mark.parametrize("seed", range(20))
def test_an_inner_product_is_the_weighted_sum_of_block_cosines(seed: int) -> None:
    generator = np.random.default_rng(seed)
    one, other = drawn(generator), drawn(generator)
    expected = sum(b.weight * float(one[b.name] @ other[b.name]) for b in SPACE.blocks)
    assert float(SPACE.combine(one) @ SPACE.combine(other)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("missing", [("sound",), ("text",), ("text", "sound"), ("look", "sound")])
def test_a_missing_block_passes_its_weight_to_the_others(missing: tuple[str, ...]) -> None:
    generator = np.random.default_rng(5)
    one, other = drawn(generator, *missing), drawn(generator, *missing)
    left = [b for b in SPACE.blocks if b.name not in missing]
    weights = sum(b.weight for b in left)
    expected = sum(b.weight / weights * float(one[b.name] @ other[b.name]) for b in left)
    assert float(SPACE.combine(one) @ SPACE.combine(other)) == pytest.approx(expected, abs=1e-6)
    assert float(np.linalg.norm(SPACE.combine(one))) == pytest.approx(1, abs=1e-6)


def test_a_zero_block_counts_as_missing() -> None:
    blocks = drawn(np.random.default_rng(1), "text")
    zero = np.zeros(8, np.float32)
    np.testing.assert_array_equal(SPACE.combine({**blocks, "text": zero}), SPACE.combine(blocks))


def test_the_length_of_a_block_does_not_matter() -> None:
    blocks = drawn(np.random.default_rng(2))
    longer = {**blocks, "look": 7 * blocks["look"]}
    np.testing.assert_allclose(SPACE.combine(longer), SPACE.combine(blocks), atol=1e-6)


def test_a_query_over_the_text_norm_is_the_cosine_of_the_texts() -> None:
    generator = np.random.default_rng(3)
    query = generator.normal(size=8).astype(np.float32)
    for blocks in (drawn(generator), drawn(generator, "sound"), drawn(generator, "look", "sound")):
        item = SPACE.combine(blocks)
        cosine = float(query @ blocks["text"]) / float(np.linalg.norm(query))
        found = float(query @ item[SPACE.place_of("text")]) / float(np.linalg.norm(query))
        assert found / SPACE.text_norm(item) == pytest.approx(cosine, abs=1e-5)


def test_an_item_without_words_has_no_text_norm() -> None:
    assert SPACE.text_norm(SPACE.combine(drawn(np.random.default_rng(4), "text"))) == 0


@pytest.mark.parametrize(
    "blocks",
    [
        {},
        {"sound": np.zeros(5, np.float32)},
        {"smell": np.ones(5, np.float32)},
        {"sound": np.ones(6, np.float32)},
        {"sound": np.full(5, np.nan, np.float32)},
    ],
    ids=["nothing", "only zeros", "unknown block", "wrong size", "not finite"],
)
def test_blocks_that_make_no_vector_are_refused(blocks: dict[str, Vector]) -> None:
    with pytest.raises(ProviderError):
        SPACE.combine(blocks)


def test_a_recipe_is_plain_json() -> None:
    recipe = SPACE.recipe()
    assert json.loads(json.dumps(recipe)) == recipe


@pytest.mark.parametrize(
    "blocks",
    [
        (),
        (Block("a", 0, 1),),
        (Block("a", 2, -1),),
        (Block("a", 2, 1), Block("a", 2, 1)),
        (Block("a", 1001, 1),),
    ],
    ids=["no blocks", "no size", "weight", "same name twice", "too large"],
)
def test_a_space_that_makes_no_sense_is_refused(blocks: tuple[Block, ...]) -> None:
    with pytest.raises(ProviderError):
        Space("x", blocks)


def test_the_largest_space_is_allowed() -> None:
    assert Space("largest", (Block("look", MAX_DIMENSIONS, 1),)).dimensions == MAX_DIMENSIONS
