"""A real S3 server on loopback: SeaweedFS, started with a bucket and three users, and killed at the end."""

from __future__ import annotations

import json
import socket
import subprocess
import sysconfig
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BUCKET = "index"
START_SECONDS = 60.0

# The users of the server: what each may do there.
_ACTIONS = {"owner": ["Admin", "Read", "Write", "List"], "reader": [f"Read:{BUCKET}", f"List:{BUCKET}"]}


@dataclass(frozen=True, slots=True)
class Weed:
    """A running server."""

    port: int
    data: Path

    def environment(self, user: str = "owner", secret: str = "") -> Mapping[str, str]:
        """What a client has in its environment."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": user,
            "AWS_SECRET_ACCESS_KEY": secret or f"secret-of-{user}",
        }


@contextmanager
def running_weed(folder: Path) -> Iterator[Weed]:
    """Start one with its data in `folder`; ready when the block begins, gone when it ends."""
    data = folder / "data"
    data.mkdir(parents=True)
    users = [
        {
            "name": name,
            "credentials": [{"accessKey": name, "secretKey": f"secret-of-{name}"}],
            "actions": actions,
        }
        for name, actions in _ACTIONS.items()
    ]
    (folder / "users.json").write_text(json.dumps({"identities": users}))
    master, master_rpc, volume, volume_rpc, filer, filer_rpc, s3, s3_rpc = _free_ports(8)
    command = [
        str(Path(sysconfig.get_path("scripts")) / "weed"), "server", f"-dir={data}",
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-master.electionTimeout=1s",
        f"-master.port={master}", f"-master.port.grpc={master_rpc}", "-master.volumeSizeLimitMB=256",
        f"-volume.port={volume}", f"-volume.port.grpc={volume_rpc}", "-volume.max=64",
        "-volume.minFreeSpacePercent=1", "-filer", f"-filer.port={filer}", f"-filer.port.grpc={filer_rpc}",
        "-s3", f"-s3.port={s3}", f"-s3.port.grpc={s3_rpc}", "-s3.port.iceberg=0", "-s3.port.lance=0",
        f"-s3.config={folder}/users.json", "-s3.autoCreateBucket=false", "-s3.iam=false",
    ]  # fmt: skip
    with (folder / "weed.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait(server, f"http://127.0.0.1:{s3}/healthz", folder / "weed.log")
        request = urllib.request.Request(f"http://127.0.0.1:{filer}/buckets/{BUCKET}/", method="POST")
        urllib.request.urlopen(request, timeout=10).close()
        yield Weed(s3, data)
    finally:
        server.kill()  # it takes half a minute to stop by itself
        server.wait()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"weed did not start: {log.read_text(errors='replace')[-2000:]}")
