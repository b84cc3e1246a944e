"""An HTTP server on 127.0.0.1 whose connections can be cut, as a killed server's are."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class CuttableServer(ThreadingHTTPServer):
    """Serves from a thread; `stop` closes the port and cuts what is open."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        self._open: set[Any] = set()
        super().__init__(("127.0.0.1", port), handler)
        self.port = int(self.server_address[1])
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def begin(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop as a killed server does: the port is closed, connections are cut."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self.shutdown()
        for request in list(self._open):
            self.shutdown_request(request)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left, or a connection we cut, is no news."""
