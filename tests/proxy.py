"""A TCP proxy that injects faults: it delays, cuts and refuses connections to a server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CHUNK = 64 << 10


@dataclass
class Proxy:
    """The `url` of the proxy, and the faults that it injects; tests set them at any time.

    `delay`: seconds before each chunk; `cut_after`: bytes in either direction after which a
    connection is cut, once; `cut_answers`: number of replies to lose, after the server got the
    request; `refuse`: close every new connection; `mute`: pass on no reply, and keep the connection.
    """

    target: tuple[str, int]
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    delay: float = 0.0
    cut_after: int | None = None
    cut_answers: int = 0
    refuse: bool = False
    mute: bool = False
    cuts: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
                continue
            try:
                server = socket.create_connection(self.target, 60)
            except OSError:
                client.close()
                continue
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pump, args=(source, sink, answers), daemon=True
                ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(_CHUNK):
                time.sleep(self.delay)
                if self._cuts(len(data), answers):
                    break
                if not (self.mute and answers):
                    sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                end.close()

    def _cuts(self, size: int, answers: bool) -> bool:
        with self._lock:
            if self.cut_answers and answers:
                self.cut_answers -= 1
                self.cuts += 1
                return True
            if self.cut_after is not None:
                self.cut_after -= size
                if self.cut_after <= 0:
                    self.cut_after = None
                    self.cuts += 1
                    return True
        return False


@contextmanager
def proxy(url: str) -> Iterator[Proxy]:
    """A proxy in front of the server at a URL."""
    address = urlsplit(url)
    proxy_server = Proxy((address.hostname or "", address.port or 80))
    thread = threading.Thread(target=proxy_server.serve, daemon=True)
    thread.start()
    try:
        yield proxy_server
    finally:
        proxy_server.listener.shutdown(socket.SHUT_RDWR)
        proxy_server.listener.close()
        thread.join()
