"""The Merkle tree of RFC 6962 (section 2.1) over SHA-256: hashes, appending, proofs. Pure; needs no package.

    leaf(d)    = SHA-256(0x00 | d)
    node(l, r) = SHA-256(0x01 | l | r)
    MTH({})    = SHA-256("");  MTH(D[n]) = node(MTH(D[0:k]), MTH(D[k:n])), k the largest power of 2 below n

A tree of n leaves is kept as its **frontier**: the roots of the full subtrees that the binary digits of n
name, largest first. Appending a leaf needs nothing else; proofs need the stored roots of full subtrees,
addressed by (level, position): the root over leaves [position·2^level, (position+1)·2^level).

>>> frontier, _ = append(0, (), b"first")
>>> root(frontier) == leaf(b"first")
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH = 32
"""Bytes of a hash."""

Node = tuple[int, int, bytes]
"""(level, position, hash) of a full subtree."""
Stored = Callable[[int, int], bytes]
"""Looks up the hash of the full subtree at (level, position)."""


def leaf(data: bytes) -> bytes:
    """Hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def append(size: int, frontier: Sequence[bytes], data: bytes) -> tuple[tuple[bytes, ...], list[Node]]:
    """Add one leaf to a tree of ``size`` leaves.

    Returns:
        The new frontier, and the full subtrees that came into being, the leaf's own first.
    """
    kept, level, position, current = list(frontier), 0, size, leaf(data)
    made: list[Node] = [(0, position, current)]
    while position & 1:  # a full subtree stands to the left: together they are the next larger one
        current = node(kept.pop(), current)
        level, position = level + 1, position >> 1
        made.append((level, position, current))
    return (*kept, current), made


def root(frontier: Sequence[bytes]) -> bytes:
    """Root of the tree with this frontier."""
    if not frontier:
        return sha256(b"").digest()
    current = frontier[-1]
    for left in reversed(frontier[:-1]):
        current = node(left, current)
    return current


def subtree(stored: Stored, start: int, end: int) -> bytes:
    """Root over leaves [start, end); ``start`` is a multiple of the largest power of 2 up to the length."""
    length = end - start
    if length == 0:
        return root(())
    if length & (length - 1) == 0:
        return stored(length.bit_length() - 1, start // length)
    middle = start + _split(length)
    return node(subtree(stored, start, middle), subtree(stored, middle, end))


def inclusion(stored: Stored, index: int, size: int) -> list[bytes]:
    """Audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree(stored, middle, end))
            end = middle
        else:
            path.append(subtree(stored, start, middle))
            start = middle
    return path[::-1]


def consistency(stored: Stored, first: int, second: int) -> list[bytes]:
    """Proof that the tree of ``first`` leaves is a prefix of that of ``second`` (RFC 6962, 2.1.2)."""
    if not 0 < first <= second:
        raise ValueError("the first tree is not a prefix of the second")
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(subtree(stored, middle, end))
            end = middle
        else:
            path.append(subtree(stored, start, middle))
            start, whole = middle, False
    if not whole:  # the verifier knows the first tree's root, unless it was cut
        path.append(subtree(stored, start, end))
    return path[::-1]


def check_inclusion(data: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Whether ``path`` proves that leaf ``index`` under this root is ``data`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, current = index, size - 1, leaf(data)
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            current = node(sibling, current)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            current = node(current, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and current == expected


def check_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Whether ``path`` proves that the first tree is a prefix of the second (RFC 9162, 2.1.4.2)."""
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second:
        return False
    hashes = list(path) if first & (first - 1) else [first_root, *path]
    if not hashes:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node(sibling, old), node(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(length: int) -> int:
    """The largest power of 2 below ``length`` (which is at least 2)."""
    return 1 << ((length - 1).bit_length() - 1)
