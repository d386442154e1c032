"""A TCP proxy that hurts: it delays, cuts and refuses connections on the way to a server."""

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
    """Its `url`, and what it does to the traffic from now on.

    `delay` seconds before each piece; `cut_after` bytes sent either way, all connections break, once;
    `cut_answers` loses that many answers: the server gets the request and its reply never arrives;
    `refuse` closes every new connection.
    """

    target: tuple[str, int]
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    delay: float = 0.0
    cut_after: int | None = None
    cut_answers: int = 0
    refuse: bool = False
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
                server = socket.create_connection(self.target, 5)
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
                sink.sendall(data)
        except OSError:
            pass
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                each.close()

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
    parts = urlsplit(url)
    made = Proxy((parts.hostname or "", parts.port or 80))
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.listener.shutdown(socket.SHUT_RDWR)
        made.listener.close()
        thread.join()
