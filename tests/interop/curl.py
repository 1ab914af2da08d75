"""Requests by curl, as the platforms' documents show them."""

import json
import subprocess

# No settings of whoever runs this, no proxy, and an end.
CURL = ["curl", "--disable", "--silent", "--show-error", "--noproxy", "*", "--max-time", "30"]


def curl(method, url, *options, body=None):
    """Status, kind and body of an answer; curl's own exit code where there is none."""
    command = [*CURL, "-X", method, *options, "-H", "Accept: application/json"]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "-d", body if isinstance(body, str) else json.dumps(body)]
    command += ["--write-out", "\n%{http_code} %{content_type}", url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    text, _, status = ended.stdout.rpartition("\n")
    if ended.returncode:
        return ended.returncode, "", text
    code, _, kind = status.partition(" ")
    return int(code), kind, json.loads(text) if kind == "application/json" else text
