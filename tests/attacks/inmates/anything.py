"""An inmate that runs whatever code it is given: the attacker of these tests, inside the jail."""

import errno
import gc
import os
import sys


def start():
    return None


def prepare(started, settings, mounts):
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call(number, *arguments):
        """A system call; True unless a filter or a right refused it."""
        answer = libc.syscall(ctypes.c_long(number), *arguments)
        return answer >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS, errno.EACCES)

    def serve(channel):
        while True:
            request = channel.receive()
            scope = {"mounts": mounts, "settings": settings, "channel": channel, "call": call, "result": None}
            scope |= {"sys": sys, "os": os, "gc": gc, "libc": libc, "ctypes": ctypes}
            try:
                exec(request["code"], scope)
            except BaseException as error:
                channel.send({"status": "done", "error": type(error).__name__})
            else:
                if scope.get("quiet") is None:
                    channel.send({"status": "done", "result": scope["result"]})

    return serve
