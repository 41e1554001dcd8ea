#!/usr/bin/env python3
"""Wires for tests of the command.

wire.py pty                         joins two pseudo-terminals, and tells their names
wire.py cut LEFT RIGHT FRAMES FILE  joins two Unix sockets; after so many frames it kills the process whose number FILE
                                    holds with SIGKILL, and ends
"""
import os
import select
import signal
import socket
import sys
import tty


def join(ends, after=None):
    """Passes bytes both ways, one at a time, until `after` (a function that sees each byte and its origin) says stop."""
    while True:
        for end in select.select(ends, [], [])[0]:
            try:
                data = os.read(end, 1024)
            except OSError:
                data = b""
            if not data and after:
                return
            other = ends[1 - ends.index(end)]
            for at in range(len(data)):
                os.write(other, data[at:at + 1])
                if after and after(end, data[at]):
                    return


def join_terminals():
    masters = []
    for _ in range(2):
        master, slave = os.openpty()
        tty.setraw(slave)
        masters.append(master)
        print(os.ttyname(slave), flush=True)
    join(masters)


def cut(left, right, frames, file):
    listeners = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    for listener, path in zip(listeners, (left, right)):
        listener.bind(path)
        listener.listen()
    ends = [listener.accept()[0] for listener in listeners]
    filled = {end.fileno(): False for end in ends}
    passed = 0

    def after(end, byte):
        """A frame ends with the first zero byte after some that are not."""
        nonlocal passed
        passed += byte == 0 and filled[end]
        filled[end] = byte != 0
        if passed < frames:
            return False
        with open(file, encoding="ascii") as text:
            os.kill(int(text.read()), signal.SIGKILL)
        return True

    join([end.fileno() for end in ends], after)


if __name__ == "__main__":
    if sys.argv[1] == "pty":
        join_terminals()
    else:
        cut(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
