"""An S3 server that gives one recorded answer to everything: for what a healthy one cannot be made to say."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# As Amazon answers a client whose clock is wrong.
_SKEWED_BODY = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>RequestTimeTooSkewed</Code><Message>The '
    b"difference between the request time and the current time is too large.</Message><RequestTime>"
    b"20261124T000000Z</RequestTime><ServerTime>2026-11-24T09:00:00Z</ServerTime>"
    b"<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds></Error>"
)
SKEWED = (403, _SKEWED_BODY)
# As a server answers that does not know conditional writes: it writes.
WRITTEN = (200, b"")
BROKEN = (
    501,
    b"<Error><Code>NotImplemented</Code><Message>A header you provided is not implemented</Message></Error>",
)


@contextmanager
def recorded_s3(status: int, body: bytes) -> Iterator[str]:
    """Answer on loopback for the length of the block; gives the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("ETag", '"d41d8cd98f00b204e9800998ecf8427e"')
            self.send_header("Last-Modified", "Tue, 24 Nov 2026 09:00:00 GMT")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_DELETE = do_POST = answer  # noqa: N815 - as http.server looks for them

        def log_message(self, *_: object) -> None:
            """Nothing of it on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
