"""A real FTP server of a folder, on an event loop of its own in a thread."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.certificates import Certificates

with warnings.catch_warnings():  # it uses asyncore, which Python 3.11 deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.filesystems import AbstractedFS
    from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

USER, PASSWORD = "ann", "s3cret/word"


class FtpServed:
    """A running server: `url`, without credentials; `drop` cuts all connections."""

    def __init__(self, server: FTPServer, scheme: str) -> None:
        self.url = f"{scheme}://127.0.0.1:{server.address[1]}"
        self._server = server

    def drop(self) -> None:
        done = threading.Event()

        def close() -> None:
            for each in list(self._server.ioloop.socket_map.values()):
                if isinstance(each, FTPHandler):
                    each.close()
            done.set()

        self._server.ioloop.call_later(0, close)
        assert done.wait(30)


class Files(AbstractedFS):  # type: ignore[misc]
    """Files `secret.csv` may not be read."""

    def open(self, filename: str, mode: str) -> Any:
        if filename.endswith("secret.csv"):
            raise PermissionError(13, "Permission denied")
        return super().open(filename, mode)


@contextmanager
def serving_ftp(
    folder: Path, certificates: Certificates | None = None, *, without_mlsd: bool = False
) -> Iterator[FtpServed]:
    """A server of a folder to one user; with TLS if there are certificates."""
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(folder), perm="elr")
    base = TLS_FTPHandler if certificates else FTPHandler
    commands = {
        name: value
        for name, value in base.proto_cmds.items()
        if not without_mlsd or name not in ("MLSD", "MLST")
    }
    settings: dict[str, Any] = {
        "authorizer": authorizer,
        "abstracted_fs": Files,
        "proto_cmds": commands,
    }
    if certificates:
        settings |= {"certfile": str(certificates.server), "tls_control_required": True}
    handler = type("Handler", (base,), settings)
    loop = IOLoop()
    server = FTPServer(("127.0.0.1", 0), handler, ioloop=loop)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            server.serve_forever(timeout=0.02, blocking=False, handle_exit=False)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield FtpServed(server, "ftps" if certificates else "ftp")
    finally:
        ended.set()
        thread.join(30)
        server.close_all()
