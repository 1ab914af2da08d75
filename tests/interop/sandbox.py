"""What the clients here share: where the sandbox is, what it saw of them, and checks that count themselves.

Every client has a sandbox of its own, so what it saw is compared whole. Nothing but Python's own library is used."""

import json
import os
import sys
import time
import urllib.request

FACTS = json.loads(os.environ["INTEROP_SANDBOX"])
KEY, SECRET = FACTS["key"], FACTS["secret"]
# What this sandbox was started with beside the usual.
OPTIONS = os.environ.get("INTEROP_OPTIONS", "")
# The community that every sandbox grows: Berlin is group 4, 1001 administers all groups.
TENANT = "09831ed4-0000-4f04-bfef-000000000001"
BERLIN, SENDER = 4, 1001

_passed = 0
_failed = 0


def base(platform):
    """The platform's base address."""
    return FACTS["base_urls"][platform]


def same(what, got, wanted):
    """Counts one check, and says both sides of a difference."""
    global _passed, _failed
    if got == wanted:
        _passed += 1
        return True
    _failed += 1
    print(f"DIFFERS {what}\n  got    {got!r}\n  wanted {wanted!r}", file=sys.stderr)
    return False


def refused(what, kind, call):
    """The error that a call must end with."""
    try:
        got = call()
    except kind as error:
        same(what, type(error), kind)
        return error
    same(what, f"no error, but {got!r}", kind)
    sys.exit(1)


def unlike(got, sample, at="", free=()):
    """How the shape of a JSON value differs from a sample's: keys and types, not values.

    A null may stand for anything and an empty sample says nothing; every item of a list is held against all items of the sample's; below a path of `free`
    the keys are the community's own."""
    if got is None or sample is None:
        return []
    if isinstance(sample, dict) and isinstance(got, dict):
        if at in free or not sample:
            return []
        told = [f"{at}.{key}: missing" for key in sample if key not in got]
        told += [f"{at}.{key}: unknown to the sample" for key in got if key not in sample]
        for key in got.keys() & sample.keys():
            told += unlike(got[key], sample[key], f"{at}.{key}", free)
        return told
    if isinstance(sample, list) and isinstance(got, list):
        return (
            []
            if not sample
            else [line for row in got for line in min((unlike(row, item, f"{at}[]", free) for item in sample), key=len)]
        )
    kinds = [float if type(value) in (int, float) else type(value) for value in (got, sample)]
    return [] if kinds[0] == kinds[1] else [f"{at}: {type(got).__name__}, not {type(sample).__name__}"]


def page(name, method="GET", body=None):
    """One of the sandbox's own pages."""
    data = None if body is None else body.encode()
    request = urllib.request.Request(f"http://{FACTS['address']}/{name}", data=data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def faults(spec):
    """Lets these things go wrong from now on; nothing for an empty text."""
    page("faults", "POST", spec) if spec else page("faults", "DELETE")


def writes():
    """Every request that could change something: operation, method, path, what the platform did, what the client saw."""
    rows = page("journal")["requests"]
    return [(row["operation"], row["method"], row["target"], row["done"], row["seen"]) for row in rows]


def counts():
    """How often each operation was asked for."""
    return page("journal")["counts"]


def outbox(wanted):
    """All mails, as soon as there are so many: what is queued goes out in its own time."""
    return until(lambda: page("outbox"), lambda mails: len(mails) >= wanted)


def until(ask, done):
    """The first answer that is as wanted, or the last one after twenty seconds."""
    ends = time.monotonic() + 20
    while True:
        answer = ask()
        if done(answer) or time.monotonic() > ends:
            return answer
        time.sleep(0.02)


def end(name):
    """Says how it went and ends the program."""
    print(f"{name}: {_passed} passed, {_failed} failed", flush=True)
    sys.exit(1 if _failed or not _passed else 0)
