"""Packs of version 2 with indexes of version 2 (``Documentation/gitformat-pack.txt``)."""

from __future__ import annotations

import zlib
from typing import Final

from foreshot.project.git.store import OpenFile, Trouble

MAX_OBJECT: Final = 32 << 20
"""Bytes of one object, inflated: a folder of 500,000 entries."""
MAX_CHAIN: Final = 4_095
"""Deltas that one object may stand on: git itself writes no longer chains (``pack.depth``)."""
MAX_CHAIN_BYTES: Final = 64 << 20
"""Bytes of all deltas that one object stands on."""
MAX_MADE: Final = 256 << 20
"""Bytes that the deltas below one object may produce before it."""
_PIECE: Final = 16 << 10
_KINDS: Final = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_OFS_DELTA: Final = 6
_REF_DELTA: Final = 7
_FANOUT: Final = 8 + 256 * 4
_LARGE: Final = 1 << 31


class Pack:
    """One pack with its index; both stay open as long as it is asked."""

    def __init__(self, index: OpenFile, pack: OpenFile, width: int) -> None:
        self._index, self._pack, self._width = index, pack, width
        head = index.at(0, _FANOUT)
        if head[:4] != b"\xfftOc" or int.from_bytes(head[4:8], "big") != 2:
            raise Trouble(
                "an index of its packs is of version 1, which is not read (`git repack` makes a new one)"
            )
        self._fanout = [int.from_bytes(head[at : at + 4], "big") for at in range(8, _FANOUT, 4)]
        self.count = self._fanout[-1]
        rising = all(low <= high for low, high in zip(self._fanout, self._fanout[1:], strict=False))
        # Ids, checksums and offsets of each object, then two hashes of the whole.
        if not rising or index.size < _FANOUT + self.count * (width + 8) + 2 * width:
            raise Trouble("an index of its packs is damaged")
        if pack.at(0, 8)[:4] != b"PACK" or int.from_bytes(pack.at(4, 4), "big") not in (2, 3):
            raise Trouble("a pack is damaged, or of a version that is not read")

    def find(self, name: bytes) -> int | None:
        """Where an object begins in the pack; None when it is not there."""
        place = self._place(name)
        if place == self._bucket(name)[1] or self._name(place) != name:
            return None
        start = _FANOUT + self.count * (self._width + 4)
        offset = int.from_bytes(self._index.at(start + place * 4, 4), "big")
        if offset & _LARGE:
            large = start + self.count * 4 + (offset & (_LARGE - 1)) * 8
            offset = int.from_bytes(self._index.at(large, 8), "big")
        return offset

    def beginning(self, prefix: bytes, half: int | None) -> list[bytes]:
        """Up to two ids that begin with these bytes, and then with this half of one."""
        if not prefix:
            return []
        first = prefix + (bytes([half << 4]) if half is not None else b"")
        place, end = self._place(first), self._bucket(prefix)[1]
        names = [self._name(at) for at in range(place, min(place + 2, end))]
        return [name for name in names if begins(name, prefix, half)]

    def read(self, offset: int) -> tuple[str, bytes]:
        """The kind and content of the object that begins at an offset."""
        deltas: list[bytes] = []
        held = 0
        while True:
            kind, size, at, base = self._header(offset)
            if size > MAX_OBJECT:
                raise Trouble(f"an object is larger than {MAX_OBJECT >> 20} MiB")
            data = inflate(self._pack, at, size)
            if kind in _KINDS:
                return _KINDS[kind], _rebuilt(data, deltas)
            deltas.append(data)
            held += len(data)
            if len(deltas) > MAX_CHAIN or held > MAX_CHAIN_BYTES:
                raise Trouble("an object stands on too many others")
            if isinstance(base, int):
                offset = base
                continue
            found = self.find(base)
            if found is None:
                # Only packs on their way from one machine to another stand on objects outside.
                raise Trouble("a pack is damaged: it lacks an object that another stands on")
            offset = found

    def close(self) -> None:
        """Let go of the files."""
        self._index.close()
        self._pack.close()

    def _bucket(self, name: bytes) -> tuple[int, int]:
        first = name[0]
        return (self._fanout[first - 1] if first else 0), self._fanout[first]

    def _place(self, name: bytes) -> int:
        low, high = self._bucket(name)
        while low < high:
            middle = (low + high) // 2
            if self._name(middle) < name:
                low = middle + 1
            else:
                high = middle
        return low

    def _name(self, place: int) -> bytes:
        return self._index.at(_FANOUT + place * self._width, self._width)

    def _header(self, offset: int) -> tuple[int, int, int, int | bytes]:
        """Kind, inflated size, where the compressed part begins, and what a delta stands on."""
        head = self._pack.some(offset, 64)
        try:
            byte = head[0]
            kind, size, shift, at = byte >> 4 & 7, byte & 15, 4, 1
            while byte & 0x80 and at < 10:
                byte = head[at]
                size |= (byte & 0x7F) << shift
                shift, at = shift + 7, at + 1
            if kind == _REF_DELTA:
                return kind, size, offset + at + self._width, head[at : at + self._width]
            if kind == _OFS_DELTA:
                byte = head[at]
                back, at = byte & 0x7F, at + 1
                while byte & 0x80 and at < 24:
                    byte = head[at]
                    back, at = ((back + 1) << 7) | (byte & 0x7F), at + 1
                if not 0 < back < offset:
                    raise Trouble("a pack is damaged")
                return kind, size, offset + at, offset - back
        except IndexError:
            raise Trouble("a pack is damaged: it ends too early") from None
        if kind not in _KINDS:
            raise Trouble("a pack is damaged: it holds an object of no known kind")
        return kind, size, offset + at, 0


def begins(name: bytes, prefix: bytes, half: int | None) -> bool:
    """Whether an id begins with whole bytes and then with half of one."""
    return name.startswith(prefix) and (half is None or name[len(prefix)] >> 4 == half)


def inflate(file: OpenFile, offset: int, size: int) -> bytes:
    """The ``size`` bytes that the compressed stream at an offset holds; it must hold neither more nor fewer."""
    stream = zlib.decompressobj()
    made: list[bytes] = []
    left = size
    while not stream.eof:
        piece = stream.unconsumed_tail or file.some(offset, _PIECE)
        if not stream.unconsumed_tail:
            offset += len(piece)
        if not piece:
            break
        try:
            # One more than is wanted shows a stream that holds more.
            data = stream.decompress(piece, left + 1)
        except zlib.error:
            raise Trouble("an object is damaged: it cannot be decompressed") from None
        made.append(data)
        left -= len(data)
        if left < 0:
            break
    if left or not stream.eof:
        raise Trouble("an object is damaged: it is not as long as it says")
    return b"".join(made)


def _rebuilt(content: bytes, deltas: list[bytes]) -> bytes:
    made = 0
    for delta in reversed(deltas):
        content = _apply(content, delta)
        made += len(content)
        if made > MAX_MADE:
            raise Trouble("an object stands on too many others")
    return content


def _apply(base: bytes, delta: bytes) -> bytes:
    damaged = "an object is damaged: it does not fit the one that it stands on"
    try:
        size, at = _number(delta, 0)
        wanted, at = _number(delta, at)
        if size != len(base):
            raise Trouble(damaged)
        if wanted > MAX_OBJECT:
            raise Trouble(f"an object is larger than {MAX_OBJECT >> 20} MiB")
        pieces: list[bytes] = []
        made = 0
        while at < len(delta):
            code = delta[at]
            at += 1
            if code & 0x80:
                start = count = 0
                for bit in range(7):
                    if code >> bit & 1:
                        if bit < 4:
                            start |= delta[at] << 8 * bit
                        else:
                            count |= delta[at] << 8 * (bit - 4)
                        at += 1
                count = count or 0x10000
                piece = base[start : start + count]
                if len(piece) != count:
                    raise Trouble(damaged)
            elif code:
                piece = delta[at : at + code]
                at += code
                if len(piece) != code:
                    raise Trouble(damaged)
            else:
                raise Trouble(damaged)
            pieces.append(piece)
            made += len(piece)
            if made > wanted:
                raise Trouble(damaged)
    except IndexError:
        raise Trouble(damaged) from None
    if made != wanted:
        raise Trouble(damaged)
    return b"".join(pieces)


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not byte & 0x80 or shift > 63:
            return value, at
