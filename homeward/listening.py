"""Take the address that the web server listens on."""

from __future__ import annotations

import errno
import socket
import sys


def listen(host: str, port: int) -> socket.socket:
    """Take the address, or say in a sentence why it cannot be had.

    Raises:
        SystemExit: the address is taken.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as fault:
        listener.close()
        if fault.errno == errno.EADDRINUSE:
            sys.exit(f"Port {port} on {host} is taken. Choose another one with PORT, such as PORT={port % 65535 + 1}.")
        sys.exit(f"Homeward cannot listen on {host}, port {port}: {fault.strerror}.")
    return listener
