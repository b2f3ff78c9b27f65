"""A thousand Server-Sent-Events subscribers of one server: what arrives, when, at what cost.

The changes are real (a run is archived and restored over HTTP). A delivery's time runs from the
moment its request is sent to the moment the frame is read, so it covers the whole path: request,
transaction, hub, socket. The CPU time is that of the server process, as the system counts it.
"""

import re
import selectors
import socket
import threading
import time
from dataclasses import dataclass

import psutil

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_COUNT = re.compile(rb"^id: (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Deliveries:
    """What `watch` saw.

    Attributes:
        expected: events times subscribers.
        received: frames that arrived.
        p50_ms: median, and p99_ms, from request sent to frame read.
        cpu_us: server CPU per delivery, in microseconds.
        kib: server memory per subscriber.
    """

    expected: int
    received: int
    p50_ms: float
    p99_ms: float
    cpu_us: float
    kib: float


def _subscribe(port: int, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    return connection


def _post(connection: socket.socket, path: str) -> None:
    connection.sendall(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode()
    )


def watch(
    *,
    port: int,
    pid: int,
    path: str,
    changes: list[str],
    subscribers: int = 1000,
    per_second: float = 10.0,
) -> Deliveries:
    """Subscribe, make the changes one after another at a steady pace, count what arrives."""
    process = psutil.Process(pid)
    before = process.memory_info().rss
    selector = selectors.DefaultSelector()
    sockets = [_subscribe(port, path) for _ in range(subscribers)]
    for connection in sockets:
        connection.recv(4096)  # the headers: from here on it is subscribed
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ)
    _drain(selector, seconds=1.0)
    kib = (process.memory_info().rss - before) / 1024 / subscribers
    sent: list[float] = []
    poster = threading.Thread(target=_make, args=(port, changes, per_second, sent), daemon=True)
    cpu = process.cpu_times()
    poster.start()
    latencies, received = _collect(selector, sent, expected=len(changes) * subscribers)
    poster.join()
    used = process.cpu_times()
    spent = used.user + used.system - cpu.user - cpu.system
    for connection in sockets:
        connection.close()
    latencies.sort()
    return Deliveries(
        expected=len(changes) * subscribers,
        received=received,
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[len(latencies) * 99 // 100] * 1000,
        cpu_us=spent / max(received, 1) * 1e6,
        kib=kib,
    )


def _make(port: int, changes: list[str], per_second: float, sent: list[float]) -> None:
    begin = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for number, path in enumerate(changes):
            time.sleep(max(begin + number / per_second - time.perf_counter(), 0))
            sent.append(time.perf_counter())
            _post(connection, path)
            _read_answer(connection)


def _read_answer(connection: socket.socket) -> None:
    """Read one whole response: without waiting, the last change could be cut off."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(1 << 16)
    head, _, body = received.partition(b"\r\n\r\n")
    match = _LENGTH.search(head)
    missing = (int(match[1]) if match else 0) - len(body)
    while missing > 0:
        missing -= len(connection.recv(1 << 16))


def _drain(selector: selectors.BaseSelector, *, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(0.1):
            _socket_of(key).recv(1 << 16)


def _collect(
    selector: selectors.BaseSelector, sent: list[float], *, expected: int
) -> tuple[list[float], int]:
    latencies: list[float] = []
    counts: dict[int, int] = {}
    received = 0
    quiet_until = time.perf_counter() + 20
    while received < expected and time.perf_counter() < quiet_until:
        for key, _ in selector.select(0.5):
            chunk = _socket_of(key).recv(1 << 16)
            now = time.perf_counter()
            for _ in _COUNT.finditer(chunk):
                number = counts.get(key.fd, 0)
                counts[key.fd] = number + 1
                received += 1
                if number < len(sent):
                    latencies.append(now - sent[number])
                quiet_until = now + 20
    return latencies or [0.0], received


def _socket_of(key: selectors.SelectorKey) -> socket.socket:
    if not isinstance(key.fileobj, socket.socket):
        raise TypeError(key.fileobj)
    return key.fileobj
