from __future__ import annotations

import gzip
import hashlib
import socket
import threading
from functools import partial

import numpy as np
import pytest

from file_server import FileServer, reply
from graftwork.data.download import content_sha256, download
from graftwork.errors import InputError, RunError

CONTENT = b"smiles,y\n" + b"".join(b"%sO,%d\n" % (b"C" * (i % 40), i) for i in range(20_000))
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def server():
    with FileServer() as running:
        yield running


def fails(server, folder, error, words, *, sha256=SHA, path="/x.csv", **options):
    """Check that a download fails so, and that it leaves nothing."""
    with pytest.raises(error, match=words) as caught:
        download(server.url(path), folder / "new" / "x.csv", sha256, **options)
    assert server.url(path) in str(caught.value)
    assert [p for p in folder.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("served", ["/x.csv", "/x.csv.gz", "/two.csv.gz", "/X.CSV.GZ?raw=1"])
@pytest.mark.parametrize("kept", ["x.csv", "x.csv.gz"])
def test_the_content_arrives_however_it_is_packed(server, tmp_path, served, kept):
    half = len(CONTENT) // 2
    two_members = gzip.compress(CONTENT[:half]) + gzip.compress(CONTENT[half:])
    packed = two_members if "two" in served else gzip.compress(CONTENT)
    server.routes[served] = packed if ".gz" in served.lower() else CONTENT
    target = tmp_path / "deep" / "er" / kept
    assert download(server.url(served), target, SHA) == target
    stored = target.read_bytes()
    assert (gzip.decompress(stored) if kept.endswith(".gz") else stored) == CONTENT
    assert [p.name for p in target.parent.iterdir()] == [kept]
    assert content_sha256(target) == SHA


def test_the_same_content_makes_the_same_file(server, tmp_path):
    server.routes["/x.csv"] = CONTENT
    files = [download(server.url("/x.csv"), tmp_path / n / "x.csv.gz", SHA) for n in "ab"]
    stored = files[0].read_bytes()
    assert stored == files[1].read_bytes()
    assert stored[:4] == b"\x1f\x8b\x08\0"  # neither the name of the file
    assert stored[4:8] == bytes(4)  # nor the time


def test_wrong_checksum(server, tmp_path):
    server.routes["/x.csv"] = CONTENT + b"C,1\n"
    fails(server, tmp_path, RunError, "other content than expected .*Nothing was kept")


@pytest.mark.parametrize("cut", [1, 70_000, len(CONTENT)])
def test_truncated_body(server, tmp_path, cut):
    server.routes["/x.csv"] = partial(reply, body=CONTENT[:-cut], length=len(CONTENT))
    came = f"{len(CONTENT) - cut:,} of {len(CONTENT):,} bytes came"
    fails(server, tmp_path, RunError, f"cut short .{came}")


def test_truncated_gzip_without_a_length(server, tmp_path):
    server.routes["/x.csv.gz"] = partial(reply, body=gzip.compress(CONTENT)[:-20], length=-1)
    fails(server, tmp_path, RunError, "damaged gzip data", path="/x.csv.gz")


def test_a_broken_chunked_answer(server, tmp_path):
    def broken(handler):
        handler.protocol_version = "HTTP/1.1"
        reply(handler, b"100\r\nshort", length=-1, **{"Transfer-Encoding": "chunked"})
        handler.close_connection = True

    server.routes["/x.csv"] = broken
    fails(server, tmp_path, RunError, "cut short")


def test_no_gzip_at_all(server, tmp_path):
    server.routes["/x.csv.gz"] = CONTENT
    fails(server, tmp_path, RunError, "damaged gzip data", path="/x.csv.gz")


def test_not_found(server, tmp_path):
    fails(server, tmp_path, RunError, "answered 404 .Not Found", path="/none.csv")


def test_too_large_by_its_header_is_not_read(server, tmp_path):
    server.routes["/x.csv"] = partial(reply, body=b"", length=10**12)
    fails(server, tmp_path, RunError, "larger than 1,073,741,824 bytes")


def test_too_large_without_a_header(server, tmp_path):
    server.routes["/x.csv"] = partial(reply, body=CONTENT, length=-1)
    limit = len(CONTENT) - 1
    fails(server, tmp_path, RunError, f"larger than {limit:,} bytes", limit=limit)
    assert download(server.url("/x.csv"), tmp_path / "x.csv", SHA, limit=len(CONTENT)).is_file()


def test_too_large_before_it_is_unpacked(server, tmp_path):
    noise = np.random.default_rng(0).bytes(100_000)
    server.routes["/x.csv.gz"] = partial(reply, body=gzip.compress(noise), length=-1)
    sha = hashlib.sha256(noise).hexdigest()
    fails(server, tmp_path, RunError, "larger than", sha256=sha, path="/x.csv.gz", limit=len(noise))


def test_too_large_once_unpacked(server, tmp_path):
    content = bytes(2**22)
    server.routes["/x.csv.gz"] = gzip.compress(content)
    sha = hashlib.sha256(content).hexdigest()
    fails(server, tmp_path, RunError, "larger than", sha256=sha, path="/x.csv.gz", limit=2**22 - 1)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/x.csv",
        "http://127.0.0.1.example.org/x.csv",
        "http://example.org:80@/x.csv",
        "ftp://localhost/x.csv",
        "file:///etc/hostname",
        "x.csv",
        "",
    ],
)
def test_only_https(tmp_path, address):
    with pytest.raises(InputError, match="is not an https address"):
        download(address, tmp_path / "x.csv", SHA)


@pytest.mark.parametrize("there", ["http://example.org/x.csv", "ftp://127.0.0.1/x.csv"])
def test_redirects_may_not_leave_https(server, tmp_path, there):
    server.routes["/x.csv"] = partial(reply, body=b"", code=302, Location=there)
    with pytest.raises(InputError, match=f"{there}' is not an https address"):
        download(server.url("/x.csv"), tmp_path / "x.csv", SHA)


def test_redirects_are_followed(server, tmp_path):
    server.routes["/there.csv"] = CONTENT
    server.routes["/x.csv"] = partial(reply, body=b"", code=302, Location=server.url("/there.csv"))
    assert download(server.url("/x.csv"), tmp_path / "x.csv", SHA).read_bytes() == CONTENT


def test_no_server(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/x.csv"
        with pytest.raises(RunError, match=r"cannot be reached .*Check the network") as caught:
            download(address, tmp_path / "x.csv", SHA)
    assert address in str(caught.value)


@pytest.mark.parametrize("before", ["the headers", "the body"])
def test_a_silent_server(server, tmp_path, before):
    release = threading.Event()

    def silent(handler):
        if before == "the body":
            reply(handler, b"", length=5)
        release.wait(10)

    server.routes["/x.csv"] = silent
    words = "cannot be reached" if before == "the headers" else "cut short"
    try:
        fails(server, tmp_path, RunError, f"{words} .*timed out", timeout=0.2)
    finally:
        release.set()


def test_a_failure_leaves_the_file_of_before(server, tmp_path):
    target = tmp_path / "x.csv"
    target.write_bytes(b"before")
    (tmp_path / "open elsewhere").hardlink_to(target)
    server.routes["/x.csv"] = CONTENT[:-1]
    with pytest.raises(RunError):
        download(server.url("/x.csv"), target, SHA)
    assert target.read_bytes() == b"before"
    server.routes["/x.csv"] = CONTENT
    download(server.url("/x.csv"), target, SHA)
    assert target.read_bytes() == CONTENT
    assert (tmp_path / "open elsewhere").read_bytes() == b"before"  # replaced in one step


def test_nothing_under_the_final_name_before_the_check(server, tmp_path):
    target, seen = tmp_path / "x.csv", []

    def halfway(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(CONTENT[:200_000])
        for _ in range(200):
            seen[:] = [p.name for p in tmp_path.iterdir()]
            if seen:
                break
            threading.Event().wait(0.01)
        handler.wfile.write(CONTENT[200_000:])

    server.routes["/x.csv"] = halfway
    download(server.url("/x.csv"), target, SHA)
    assert len(seen) == 1
    assert seen[0].startswith("x.csv.")
    assert seen[0].endswith(".partial")


def test_content_sha256(tmp_path):
    noise = np.random.default_rng(0).bytes(300_000)
    (tmp_path / "x.bin").write_bytes(noise)
    (tmp_path / "x.bin.gz").write_bytes(gzip.compress(noise))
    expected = hashlib.sha256(noise).hexdigest()
    assert content_sha256(tmp_path / "x.bin") == content_sha256(tmp_path / "x.bin.gz") == expected
    (tmp_path / "cut.gz").write_bytes(gzip.compress(noise)[:-9])
    with pytest.raises(InputError, match="damaged or cut short"):
        content_sha256(tmp_path / "cut.gz")
