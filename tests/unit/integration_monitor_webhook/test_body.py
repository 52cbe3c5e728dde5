"""Bodies as senders and attackers make them: never more in memory than agreed."""

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor_webhook.tools.body import RATIO_FLOOR, read_limited, unpack
from integration_monitor_webhook.tools.refusal import Refusal


class Endless:
    """A sender that never stops; tells how much was taken from it."""

    def __init__(self):
        self.taken = 0

    def read(self, size, /):
        self.taken += size
        return b"x" * size


def refused(call, *args, **kwargs):
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    return caught.value.status


def test_whole_body():
    """A body of the announced length is read to its last byte, and no further."""
    stream = io.BytesIO(b"0123456789next request")
    assert read_limited(stream, 10, content_length=10, terminated=False) == b"0123456789"
    assert stream.read() == b"next request"


def test_announced_too_large_is_not_read():
    """A too large Content-Length is refused before a byte is taken."""
    stream = Endless()
    assert refused(read_limited, stream, 10, content_length=11, terminated=False) == 413
    assert stream.taken == 0


def test_endless_chunks():
    """A chunked body without end is refused after the limit, not cut off silently."""
    stream = Endless()
    assert refused(read_limited, stream, 100_000, content_length=None, terminated=True) == 413
    assert stream.taken < 300_000


def test_cut_off():
    """A connection lost half-way is no complete delivery."""
    assert refused(read_limited, io.BytesIO(b"123"), 10, content_length=5, terminated=False) == 400


def test_no_body():
    """Neither length nor chunks: the body is empty, and reading must not wait for ever."""
    assert read_limited(Endless(), 10, content_length=None, terminated=False) == b""


def test_broken_chunk_header():
    """A broken chunk is the sender's fault, not a crash of ours."""

    class Broken:
        def read(self, size, /):
            raise OSError("Invalid chunk header")

    assert refused(read_limited, Broken(), 10, content_length=None, terminated=True) == 400


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP ", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("identity", bytes),
        (None, bytes),
    ],
)
def test_codings(coding, pack):
    """Each agreed coding, the frameless deflate of some senders included."""
    assert unpack(pack(b'{"a": 1}'), coding, 1000) == b'{"a": 1}'


def test_several_gzip_members():
    """A gzip body of several members is one body."""
    assert unpack(gzip.compress(b"ab") + gzip.compress(b"cd"), "gzip", 100) == b"abcd"


def test_bomb_over_the_limit():
    """A small packed body that unpacks to more than agreed."""
    assert refused(unpack, gzip.compress(b"0" * 2_000_000), "gzip", 1_000_000) == 413


def test_bomb_by_ratio():
    """Within the limit but packed a thousandfold: a bomb all the same."""
    bomb = gzip.compress(b"0" * 5_000_000)
    assert 5_000_000 / len(bomb) > 100
    assert refused(unpack, bomb, "gzip", 50_000_000) == 413


def test_small_bodies_may_pack_well():
    """A few repeated bytes exceed any ratio and harm nobody."""
    assert len(unpack(gzip.compress(b"0" * RATIO_FLOOR), "gzip", 1_000_000)) == RATIO_FLOOR


@pytest.mark.parametrize("data", [b"", b"no gzip", gzip.compress(b"cut off here")[:-9]])
def test_damaged(data):
    """Damaged data is refused; nothing at all unpacks to nothing."""
    if data:
        assert refused(unpack, data, "gzip", 1000) == 400
    else:
        assert unpack(data, "gzip", 1000) == b""


def test_unknown_coding():
    """Codings that we do not understand are refused as such."""
    assert refused(unpack, b"x", "br", 1000) == 415
    assert refused(unpack, b"x", "gzip, gzip", 1000) == 415


@given(st.binary(max_size=3000), st.sampled_from(["gzip", "deflate", "identity", "x"]))
def test_any_bytes(data, coding):
    """Whatever is sent unpacks within the limit or is refused; nothing else is raised."""
    try:
        assert len(unpack(data, coding, 5000)) <= 5000
    except Refusal as refusal:
        assert refusal.status in (400, 413, 415)


@given(st.binary(max_size=20_000), st.integers(0, 20_000))
def test_round_trip(data, limit):
    """What fits comes back unchanged, what does not is refused."""
    try:
        assert unpack(gzip.compress(data), "gzip", limit) == data
        assert len(data) <= limit
    except Refusal:
        assert len(data) > min(limit, RATIO_FLOOR)
