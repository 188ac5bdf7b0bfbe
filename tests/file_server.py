"""A web server on this machine that behaves as badly as it is told to."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """Serves ``routes``: path -> body, or a function that answers with the handler."""

    def __init__(self):
        self.routes, self.asked = {}, []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked.append(self.path)
                answer = server.routes.get(self.path)
                with contextlib.suppress(ConnectionError):
                    if answer is None:
                        self.send_error(404)
                    elif callable(answer):
                        answer(self)
                    else:
                        reply(self, answer)

            def log_message(self, *arguments):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def url(self, path):
        return f"http://127.0.0.1:{self._http.server_address[1]}{path}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def reply(handler, body, length=None, code=200, **headers):
    """Answer with a body; ``length`` is what the header claims, -1 for no such header."""
    handler.send_response(code)
    claimed = len(body) if length is None else length
    if claimed >= 0:
        handler.send_header("Content-Length", str(claimed))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
