"""One hash stands for every leaf and its place, as RFC 6962 says, and a proof proves nothing but what is there."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.merkle import EMPTY_ROOT, leaf_of, node_of, path_of, root_by_path, root_of

pytestmark = pytest.mark.requirement("AUD-03")

# The leaves and roots with which Certificate Transparency's own programs are tested.
KNOWN_DATA = [bytes.fromhex(data) for data in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

leaf_hashes = st.lists(st.binary(min_size=0, max_size=3).map(leaf_of), max_size=70)


def naive_root(leaves: list[bytes]) -> bytes:
    """Hash as the RFC writes it: split at the largest power of two below the size."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def naive_path(leaves: list[bytes], place: int) -> list[bytes]:
    """Find the path as the RFC writes it."""
    if len(leaves) == 1:
        return []
    split = largest_power_below(len(leaves))
    if place < split:
        return [*naive_path(leaves[:split], place), naive_root(leaves[split:])]
    return [*naive_path(leaves[split:], place - split), naive_root(leaves[:split])]


def largest_power_below(size: int) -> int:
    return next(low for low, high in pairwise(1 << bit for bit in range(64)) if low < size <= high)


@pytest.mark.parametrize("size", range(9))
def test_the_root_is_the_one_that_certificate_transparency_publishes(size: int) -> None:
    assert root_of(leaf_of(data) for data in KNOWN_DATA[:size]).hex() == KNOWN_ROOTS[size]


def test_nothing_has_the_hash_of_nothing_and_one_leaf_is_its_own_root() -> None:
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()
    assert root_of([leaf_of(b"only")]) == leaf_of(b"only") == hashlib.sha256(b"\x00only").digest()


def test_no_leaf_passes_for_a_node() -> None:
    left, right = leaf_of(b"left"), leaf_of(b"right")
    assert node_of(left, right) == root_of([left, right]) != leaf_of(left + right)


@given(leaf_hashes)
def test_the_root_in_one_pass_is_that_of_the_rfc(leaves: list[bytes]) -> None:
    assert root_of(iter(leaves)) == naive_root(leaves)


@given(leaf_hashes.filter(bool), st.data())
def test_every_leaf_is_proven_by_the_path_of_the_rfc(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    path = path_of(leaves, place)
    assert path == naive_path(leaves, place)
    assert root_by_path(leaves[place], place, len(leaves), path) == root_of(leaves)


@given(st.integers(1, 70), st.data())
def test_a_path_proves_no_other_leaf_place_count_or_neighbour(size: int, data: st.DataObject) -> None:
    leaves = [leaf_of(str(number).encode()) for number in range(size)]
    place = data.draw(st.integers(0, size - 1))
    path, root = path_of(leaves, place), root_of(leaves)

    assert root_by_path(leaf_of(b"forged"), place, size, path) != root
    elsewhere = data.draw(st.integers(-1, size).filter(lambda other: other != place))
    assert root_by_path(leaves[place], elsewhere, size, path) != root
    assert root_by_path(leaves[place], place, size, [*path, leaf_of(b"more")]) is None
    if path:
        assert root_by_path(leaves[place], place, size, path[:-1]) is None
        changed = data.draw(st.integers(0, len(path) - 1))
        forged = [leaf_of(b"forged") if at == changed else one for at, one in enumerate(path)]
        assert root_by_path(leaves[place], place, size, forged) != root


@given(leaf_hashes.filter(lambda leaves: len(leaves) > 1), st.data())
def test_a_leaf_changed_taken_away_or_moved_gives_another_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    root = root_of(leaves)
    assert root_of([*leaves[:place], leaf_of(b"forged"), *leaves[place + 1 :]]) != root
    assert root_of([*leaves[:place], *leaves[place + 1 :]]) != root
    other = data.draw(st.integers(0, len(leaves) - 1))
    moved = list(leaves)
    moved[place], moved[other] = moved[other], moved[place]
    assert (root_of(moved) == root) is (leaves[place] == leaves[other])


@pytest.mark.parametrize("place", [-1, 3])
def test_there_is_no_path_for_a_place_outside_the_tree(place: int) -> None:
    with pytest.raises(IndexError):
        path_of([leaf_of(b"a"), leaf_of(b"b"), leaf_of(b"c")], place)
    assert root_by_path(leaf_of(b"a"), place, 3, []) is None
