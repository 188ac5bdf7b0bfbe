"""One public file -> this machine: over https, within a size, checked before it counts."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import urllib.error
import urllib.request
import zlib
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Protocol, cast
from urllib.parse import urlsplit

from graftwork.console import Update, progress
from graftwork.data.sources.text import reading
from graftwork.errors import InputError, RunError

__all__ = ["content_sha256", "download"]

_CHUNK = 2**16
_LARGEST = 2**30
_LOCAL = ("localhost", "127.0.0.1", "::1")
_NETWORK_ERRORS = (OSError, http.client.HTTPException)  # URLError and timeouts are OSErrors


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def download(
    address: str,
    target: Path,
    sha256: str,
    *,
    limit: int = _LARGEST,
    timeout: float = 30.0,
) -> Path:
    """Fetch a file, check its content, and only then let it appear.

    The content is what remains when gzip is undone. It is stored compressed if the name of
    ``target`` ends in ``.gz``, whatever the address serves. Until it is complete and checked it
    is called ``TARGET.PID.partial``; a download that fails leaves nothing and starts anew next
    time.

    Parameters
    ----------
    address
        An https address (http only from this machine); ``.gz`` at its end means gzip.
    target
        Where the file goes; folders are made.
    sha256
        What the content must be, as 64 hexadecimal digits.
    limit
        Most bytes that are read from the network, and most bytes of content.
    timeout
        Seconds without an answer after which the server counts as silent.

    Returns
    -------
    Path
        ``target``.

    Raises
    ------
    InputError
        If the address is not https.
    RunError
        If the server cannot be reached or refuses, the file is too large or cut short, or its
        content is not the expected one.
    """
    _require_https(address)
    request = urllib.request.Request(address, headers={"User-Agent": "graftwork"})  # noqa: S310  https is required above
    opener = urllib.request.build_opener(_HttpsRedirects)
    try:
        response = opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            raise RunError(
                f"{address} answered {error.code} ({error.reason}).",
                "The file has moved, or the server is busy: try again later.",
            ) from error
    except _NETWORK_ERRORS as error:
        raise _unreachable(address, error) from error
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    try:
        with response, progress(target.name, total) as show:
            found = _store(_Body(response, address, total, limit, show), partial, target.name)
        if found != sha256:
            raise RunError(
                f"{address} serves other content than expected (SHA-256 {found}, not {sha256}).",
                "Nothing was kept. The file has changed, or something on the way changes it.",
            )
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def content_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, with gzip undone where its name ends in ``.gz``.

    Raises
    ------
    InputError
        If the file cannot be read to its end.
    """
    packed = path.name.lower().endswith(".gz")
    found = hashlib.sha256()
    with reading(path), gzip.open(path) if packed else path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


class _Body:
    """The bytes of an answer, counted while they are read."""

    def __init__(
        self, response: _Readable, address: str, total: int | None, limit: int, show: Update
    ) -> None:
        self._response, self._show = response, show
        self._total, self._done = total, 0
        self.address, self.limit = address, limit
        if (total or 0) > limit:
            raise self.too_large()

    def read(self, size: int = _CHUNK, /) -> bytes:
        try:
            chunk = self._response.read(size)
        except _NETWORK_ERRORS as error:
            raise self._cut(str(error)) from error
        self._done += len(chunk)
        if not chunk and self._total is not None and self._done < self._total:
            raise self._cut(f"{self._done:,} of {self._total:,} bytes came")
        if self._done > self.limit:
            raise self.too_large()
        self._show(self._done, "bytes")
        return chunk

    def too_large(self) -> RunError:
        return RunError(f"{self.address} is larger than {self.limit:,} bytes.", "Nothing was kept.")

    def _cut(self, reason: str) -> RunError:
        return RunError(f"{self.address}: the answer was cut short ({reason}).", "Try again.")


def _store(body: _Body, partial: Path, name: str) -> str:
    """Write the content to ``partial`` and return its SHA-256."""
    packed = urlsplit(body.address).path.lower().endswith(".gz")
    stream: _Readable = gzip.GzipFile(fileobj=cast("IO[bytes]", body)) if packed else body
    found, size = hashlib.sha256(), 0
    with partial.open("wb") as file, closing(_writer(file, name)) as out:
        while chunk := _read(stream, body):
            size += len(chunk)
            if size > body.limit:
                raise body.too_large()
            found.update(chunk)
            out.write(chunk)
    return found.hexdigest()


def _read(stream: _Readable, body: _Body) -> bytes:
    try:
        return stream.read(_CHUNK)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RunError(
            f"{body.address} serves damaged gzip data ({error}).", "Nothing was kept. Try again."
        ) from error


def _writer(file: IO[bytes], name: str) -> IO[bytes]:
    if name.lower().endswith(".gz"):  # without name and time: the same content, the same bytes
        packed = gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0)
        return cast("IO[bytes]", packed)
    return file


class _HttpsRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, but never to an address that is not https."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _require_https(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_https(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise InputError(
            f"{address!r} is not an https address.", "Data is fetched over https and nothing else."
        )


def _unreachable(address: str, error: Exception) -> RunError:
    reason = getattr(error, "reason", None) or error
    return RunError(
        f"{urlsplit(address).hostname} cannot be reached ({reason}); wanted {address}.",
        "Check the network and the proxy (https_proxy), or set GRAFTWORK_DATA to a folder that "
        "holds the data sets.",
    )
