"""A load generator so cheap that the server is always the slower side.

Requests are pipelined over a few connections and only bytes are counted: the pages under test do
not change meanwhile, so the bytes give the number of responses. It runs as a separate process:
`python -m bench.load PORT SECONDS PATH...` prints responses per second.
"""

import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path

_CONNECTIONS = 8
_DEPTH = 8
_CHUNK = 1 << 18


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _size(port: int, path: str) -> int:
    """Bytes of one response with its headers; any status but 200 ends the program."""
    with _connect(port) as connection:
        connection.sendall(_request(path))
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(_CHUNK)
        head, _, _ = received.partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise SystemExit(f"{path}: {head.decode()}")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        return len(head) + 4 + length


class _Lane:
    """One connection with `_DEPTH` requests under way, which cycles through the paths."""

    def __init__(self, port: int, requests: list[bytes], sizes: list[int], start: int) -> None:
        self.socket = _connect(port)
        self._requests, self._sizes = requests, sizes
        self._sent = self._answered = start % len(requests)
        self._pending = 0
        self.answers = 0
        for _ in range(_DEPTH):
            self._send()
        self.socket.setblocking(False)

    def _send(self) -> None:
        self.socket.sendall(self._requests[self._sent])
        self._sent = (self._sent + 1) % len(self._requests)

    def read(self) -> None:
        self._pending += len(self.socket.recv(_CHUNK))
        while self._pending >= self._sizes[self._answered]:
            self._pending -= self._sizes[self._answered]
            self._answered = (self._answered + 1) % len(self._sizes)
            self.answers += 1
            self._send()


def main() -> None:
    """Print the responses per second of the server on a port for the paths."""
    port, seconds, paths = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    if paths[0].startswith("@"):
        paths = Path(paths[0][1:]).read_text(encoding="utf-8").split()
    sizes = [_size(port, path) for path in paths]
    requests = [_request(path) for path in paths]
    step = max(len(paths) // _CONNECTIONS, 1)
    lanes = [_Lane(port, requests, sizes, n * step) for n in range(_CONNECTIONS)]
    selector = selectors.DefaultSelector()
    for lane in lanes:
        selector.register(lane.socket, selectors.EVENT_READ, lane)
    begin = time.perf_counter()
    while (now := time.perf_counter()) - begin < seconds:
        for key, _ in selector.select(0.1):
            key.data.read()
    print(sum(lane.answers for lane in lanes) / (now - begin))


def rate(port: int, paths: list[str], *, seconds: float = 3.0) -> float:
    """Responses per second of the server on `port`, cycling through `paths`."""
    argument = paths
    if len(paths) > 1:
        file = Path(f"/tmp/bench-paths-{port}")
        file.write_text("\n".join(paths), encoding="utf-8")
        argument = [f"@{file}"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", str(port), str(seconds), *argument],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
