"""The tree is RFC 6962's: its definition, its vectors, its proofs, and no other proof passes."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.ledger import merkle

SIZES = 70


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


class Tree:
    def __init__(self, leaves: list[bytes]) -> None:
        self.frontier: tuple[bytes, ...] = ()
        self.nodes: dict[tuple[int, int], bytes] = {}
        for number, data in enumerate(leaves):
            self.frontier, made = merkle.append(number, self.frontier, data)
            for level, position, digest in made:
                assert (level, position) not in self.nodes
                self.nodes[level, position] = digest

    def stored(self, level: int, position: int) -> bytes:
        return self.nodes[level, position]


LEAVES = [str(number).encode() for number in range(SIZES)]
TREE = Tree(LEAVES)
ROOTS = [by_definition(LEAVES[:size]) for size in range(SIZES + 1)]


def test_the_roots_of_the_reference_vectors() -> None:
    """Test vectors of the certificate-transparency reference implementation (merkle_tree_test.cc)."""
    leaves = [
        bytes.fromhex(text)
        for text in (
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        )
    ]  # fmt: skip
    roots = [
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
    assert [merkle.root(Tree(leaves[:size]).frontier).hex() for size in range(9)] == roots


def test_the_frontier_has_the_root_of_the_definition() -> None:
    for size in range(SIZES + 1):
        tree = Tree(LEAVES[:size])
        assert merkle.root(tree.frontier) == ROOTS[size] == merkle.subtree(tree.stored, 0, size)
        assert len(tree.nodes) == 2 * size - size.bit_count()


def test_every_inclusion_proof_of_every_small_tree_passes() -> None:
    for size in range(1, SIZES + 1):
        for index in range(size):
            path = merkle.inclusion(TREE.stored, index, size)
            assert merkle.check_inclusion(LEAVES[index], index, size, path, ROOTS[size])


def test_no_inclusion_proof_serves_another_leaf_place_or_tree() -> None:
    for size in (1, 2, 3, 7, 8, 9, 33):
        for index in range(size):
            path = merkle.inclusion(TREE.stored, index, size)
            for other in range(-1, size + 2):
                if other != index:
                    assert not merkle.check_inclusion(LEAVES[index], other, size, path, ROOTS[size])
                    if 0 <= other < size:
                        assert not merkle.check_inclusion(LEAVES[other], index, size, path, ROOTS[size])
            assert not merkle.check_inclusion(LEAVES[index], index, size, path, ROOTS[size + 1])
            assert not merkle.check_inclusion(LEAVES[index], index, size, [*path, bytes(32)], ROOTS[size])
            if path:
                assert not merkle.check_inclusion(LEAVES[index], index, size, path[:-1], ROOTS[size])


def test_every_consistency_proof_of_every_pair_of_small_trees_passes() -> None:
    for second in range(1, SIZES + 1):
        for first in range(1, second + 1):
            path = merkle.consistency(TREE.stored, first, second)
            assert merkle.check_consistency(first, second, path, ROOTS[first], ROOTS[second])


def test_no_consistency_proof_serves_a_tree_that_is_no_prefix() -> None:
    other = by_definition([b"other", *LEAVES[1:5]])
    for second in range(6, 40):
        path = merkle.consistency(TREE.stored, 5, second)
        assert not merkle.check_consistency(5, second, path, other, ROOTS[second])
        assert not merkle.check_consistency(5, second, path, ROOTS[5], ROOTS[second + 1])
        assert not merkle.check_consistency(5, second, path[:-1], ROOTS[5], ROOTS[second])
        assert not merkle.check_consistency(5, second, [*path, bytes(32)], ROOTS[5], ROOTS[second])
    assert not merkle.check_consistency(5, 4, [], ROOTS[5], ROOTS[4])
    assert not merkle.check_consistency(4, 8, [], ROOTS[4], ROOTS[8])


@given(st.integers(1, SIZES), st.data())
def test_one_changed_byte_of_a_path_is_found(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(TREE.stored, index, size)
    if path:
        place, byte = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 31))
        changed = bytearray(path[place])
        changed[byte] ^= data.draw(st.integers(1, 255))
        path[place] = bytes(changed)
        assert not merkle.check_inclusion(LEAVES[index], index, size, path, ROOTS[size])


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_any_leaves_have_the_root_of_the_definition(leaves: list[bytes]) -> None:
    assert merkle.root(Tree(leaves).frontier) == by_definition(leaves)


def test_an_inner_node_cannot_pass_for_a_leaf() -> None:
    left, right = merkle.leaf(b"a"), merkle.leaf(b"b")
    assert merkle.leaf(left + right) != merkle.node(left, right)


def test_proofs_are_only_made_of_what_is_there() -> None:
    with pytest.raises(ValueError, match="not in the tree"):
        merkle.inclusion(TREE.stored, 5, 5)
    with pytest.raises(ValueError, match="not a prefix"):
        merkle.consistency(TREE.stored, 6, 5)
