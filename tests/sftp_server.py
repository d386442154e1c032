"""A real SFTP server of a folder, on its own event loop in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh


class SftpServer:
    """Serves a folder to the user `ann`, with a password or with `key`.

    `known_hosts` is a file that knows it. Files `secret.csv` may not be read. `drop` cuts all connections.
    """

    user, password = "ann", "s3cret/word"

    def __init__(self, folder: Path, state: Path) -> None:
        self.folder = folder
        self.key, self.known_hosts = state / "key", state / "known_hosts"
        self.port = 0
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        client = asyncssh.generate_private_key("ssh-ed25519")
        client.write_private_key(str(self.key))
        self._accepted = client.convert_to_public()
        self._loop = asyncio.new_event_loop()
        self._connections: list[asyncssh.SSHServerConnection] = []

    @property
    def url(self) -> str:
        """The URL of the folder, without credentials."""
        return f"sftp://127.0.0.1:{self.port}"

    def drop(self) -> None:
        """Cut all connections."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(30)

    async def _drop(self) -> None:
        for connection in self._connections:
            connection.abort()
        self._connections.clear()

    async def start(self) -> None:
        server, connections, accepted = self, self._connections, self._accepted

        class Login(asyncssh.SSHServer):
            def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
                connections.append(connection)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == server.user and key == accepted

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == (server.user, server.password)

        class Files(asyncssh.SFTPServer):
            def open(self, path: bytes, *arguments: Any) -> object:
                if path.endswith(b"secret.csv"):
                    raise asyncssh.SFTPPermissionDenied("permission denied")
                return super().open(path, *arguments)

        def files(channel: Any) -> asyncssh.SFTPServer:
            return Files(channel, chroot=str(server.folder).encode())

        self._listening = await asyncssh.create_server(
            Login, "127.0.0.1", 0, server_host_keys=[self._host_key], sftp_factory=files
        )
        self.port = self._listening.get_port()
        public = self._host_key.export_public_key().decode()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public}")

    async def stop(self) -> None:
        self._listening.close()
        await self._drop()
        await self._listening.wait_closed()

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self._loop).result(30)

    def end(self) -> None:
        asyncio.run_coroutine_threadsafe(self.stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


@contextmanager
def serving_sftp(folder: Path, state: Path) -> Iterator[SftpServer]:
    """A server of a folder; its keys are in the folder `state`."""
    server = SftpServer(folder, state)
    server.begin()
    try:
        yield server
    finally:
        server.end()
