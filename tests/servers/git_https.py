"""Repositories over HTTPS on this machine: git's own upload-pack behind a certificate made for the test."""

from __future__ import annotations

import datetime as dt
import ssl
import subprocess
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.repositories import GIT_ENVIRONMENT

NAMES = ("localhost", "git.example.org")


def certificate(folder: Path) -> Path:
    """A key and a certificate of its own for NAMES and 127.0.0.1, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [*map(x509.DNSName, NAMES), x509.IPAddress(IPv4Address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "certificate.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


class GitServer:
    """Serves one repository at every address; or, with `moved_to`, says that it is elsewhere.

    Attributes:
        asked: the path of each request, in order.
    """

    def __init__(self, certificate: Path, repository: Path, moved_to: str = "") -> None:
        self.asked: list[str] = []
        self.repository = repository
        self.moved_to = moved_to
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.owner = self  # type: ignore[attr-defined]  # how a handler finds what it serves
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, host: str = "localhost") -> str:
        return f"https://{host}:{self.port}/shop.git"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    """The two requests of git's smart protocol, version 0 (gitprotocol-http)."""

    def do_GET(self) -> None:
        owner: GitServer = self.server.owner  # type: ignore[attr-defined]  # set above
        owner.asked.append(self.path)
        if owner.moved_to:
            self.send_response(HTTPStatus.MOVED_PERMANENTLY)
            self.send_header("Location", owner.moved_to + self.path.removeprefix("/shop.git"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        refs = self._upload_pack(owner, "--advertise-refs")
        self._answer("advertisement", b"001e# service=git-upload-pack\n0000" + refs)

    def do_POST(self) -> None:
        owner: GitServer = self.server.owner  # type: ignore[attr-defined]  # set above
        owner.asked.append(self.path)
        given = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer("result", self._upload_pack(owner, given=given))

    def _upload_pack(self, owner: GitServer, *arguments: str, given: bytes = b"") -> bytes:
        command = ["git", "upload-pack", "--stateless-rpc", *arguments, str(owner.repository)]
        return subprocess.run(
            command, input=given, capture_output=True, check=False, env=GIT_ENVIRONMENT
        ).stdout

    def _answer(self, what: str, body: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"application/x-git-upload-pack-{what}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""
