"""A road between client and server that can be cut at an exact moment.

It forwards bytes both ways and reads along just enough HTTP/2 to know when a request has gone out whole, and when its
answer has come in whole.
"""

import socket
import threading

PREFACE = len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
DATA, HEADERS, END_STREAM = 0, 1, 0x1


class Frames:
    """Counts the streams that one side of a connection has ended."""

    def __init__(self, skip):
        self.skip, self.rest = skip, b""

    def ended(self, more):
        """How many streams these bytes end."""
        self.rest += more
        if self.skip:
            self.skip, self.rest = max(0, self.skip - len(self.rest)), self.rest[self.skip:]
        count = 0
        while len(self.rest) >= 9:
            size = int.from_bytes(self.rest[:3], "big")
            kind, flags = self.rest[3], self.rest[4]
            if len(self.rest) < 9 + size:
                break
            count += kind in (DATA, HEADERS) and bool(flags & END_STREAM)
            self.rest = self.rest[9 + size:]
        return count


class Road:
    """Listens on a port of its own and leads to `target`."""

    SENT, ANSWERED = "the request was sent", "the request was answered"

    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.cut_when = None
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(self.target)
            for side in (near, far):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = threading.Lock(), near, far
            threading.Thread(target=self._out, args=pair, daemon=True).start()
            threading.Thread(target=self._back, args=pair, daemon=True).start()

    def _out(self, lock, near, far):
        frames = Frames(PREFACE)
        while more := self._read(near):
            ended = frames.ended(more)
            try:
                far.sendall(more)
            except OSError:
                break
            if ended and self.cut_when == self.SENT:
                return self._cut(lock, near, far)
        self._close(near, far)

    def _back(self, lock, near, far):
        frames = Frames(0)
        while more := self._read(far):
            ended = frames.ended(more)
            if self.cut_when is not None:
                # What comes back from now on is never handed on.
                if ended and self.cut_when == self.ANSWERED:
                    return self._cut(lock, near, far)
                continue
            try:
                near.sendall(more)
            except OSError:
                break
        self._close(near, far)

    def _cut(self, lock, near, far):
        with lock:
            self.cut_when = None
            self.cuts += 1
        # Nobody says goodbye: HTTP/2 would have sent GOAWAY first.
        self._close(near, far)

    @staticmethod
    def _read(side):
        try:
            return side.recv(65536)
        except OSError:
            return b""

    @staticmethod
    def _close(*sides):
        for side in sides:
            try:
                # Wakes the thread that is reading here; a close alone would leave it asleep.
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            side.close()
