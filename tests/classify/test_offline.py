from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import socket, sys
def trap(*args, **kwargs):
    raise SystemExit("network")
socket.getaddrinfo = trap
socket.socket.connect = trap
socket.create_connection = trap
import sandbox.classify as classify
assert not any(name.startswith(("presidio", "spacy")) for name in sys.modules), "imported too early"
assert classify.mask_text("郑州市")[0] == "郑州市"
assert not any(name.startswith(("presidio", "spacy")) for name in sys.modules), "imported without need"
masked, findings = classify.mask_text("邮箱zhangsan@example.com，电话13800138000")
assert masked == "邮箱<EMAIL_ADDRESS>，电话<CN_MOBILE>", masked
import os
assert os.environ["TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS"] == ""
print("ok")
"""


def test_nothing_goes_out_to_the_network_and_presidio_waits_until_needed() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert done.stdout == "ok\n", done.stderr[-500:]
