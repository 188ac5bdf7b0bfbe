"""The program that a chemistry worker process runs: ``python -m graftwork.data.worker HEARTBEAT``.

It reads requests on standard input and answers on standard output. Before each molecule it writes
the molecule's position into the heartbeat file and arms a watchdog, so that whatever a molecule
does to this process (endless work, a crash, all the memory), the parent knows which one it was.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import mmap
import os
import struct
import sys
import time
from pathlib import Path
from typing import IO, Any

from graftwork.data.featurize import UnusableMoleculeError, find_task
from graftwork.graph.schema import FeatureSchema

_LENGTHS = struct.Struct("<qq")
_POSITION = struct.Struct("<q")
_MEMORY_LIMIT = 4 << 30


def write_frame(stream: IO[bytes], header: Any, payload: bytes = b"") -> None:
    """Send a JSON header and raw bytes."""
    text = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(text), len(payload)) + text + payload)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[Any, bytes]:
    """Read what :func:`write_frame` sent; raise ``EOFError`` when the other side is gone."""
    head = stream.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        raise EOFError
    header_size, payload_size = _LENGTHS.unpack(head)
    body = stream.read(header_size + payload_size)
    if len(body) < header_size + payload_size:
        raise EOFError
    return json.loads(body[:header_size]), body[header_size:]


def read_position(heartbeat: Path) -> int:
    """Return the position of the molecule that the worker was busy with, -1 if none."""
    return int(_POSITION.unpack(heartbeat.read_bytes()[: _POSITION.size])[0])


def _answer(request: dict[str, Any], beat: mmap.mmap, quiet: IO[bytes]) -> tuple[Any, bytes]:
    task = find_task(request["task"])
    schema = FeatureSchema.from_dict(request["schema"])
    results: list[Any] = []
    failed: list[tuple[int, str]] = []
    limit = request["time_limit"]
    armed = -limit
    for position, text in enumerate(request["items"]):
        beat[: _POSITION.size] = _POSITION.pack(position)
        if time.monotonic() - armed > 0.1 * limit:  # arming costs as much as reading a molecule
            armed = time.monotonic()
            faulthandler.dump_traceback_later(1.1 * limit, exit=True, file=quiet)
        try:
            results.append(task.run(text, schema))
        except UnusableMoleculeError as error:
            failed.append((position, str(error)))
        except Exception as error:  # noqa: BLE001  (any molecule, any RDKit exception: a reason)
            failed.append((position, f"{type(error).__name__}: {error}"[:300]))
    faulthandler.cancel_dump_traceback_later()
    beat[: _POSITION.size] = _POSITION.pack(-1)
    return {"failed": failed}, task.encode(results, schema)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  (POSIX only)

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer requests until standard input closes."""
    _limit_memory()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing a library prints can get between the frames
    heartbeat = Path(sys.argv[1])
    with heartbeat.open("r+b") as file, Path(os.devnull).open("wb") as quiet:
        beat = mmap.mmap(file.fileno(), _POSITION.size)
        write_frame(answers, "ready")
        with contextlib.suppress(EOFError, KeyboardInterrupt, BrokenPipeError):
            while True:
                request, _ = read_frame(sys.stdin.buffer)
                write_frame(answers, *_answer(request, beat, quiet))


if __name__ == "__main__":
    main()
