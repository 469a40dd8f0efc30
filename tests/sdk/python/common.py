"""What the scripts of the Python server SDK share: the demo's values, and checks that name what they found."""

import os
import sys


def env(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: start naru demo with --env-file and pass its values on")
    return value


def same(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: expected {expected!r}, found {found!r}")


def refused(kind, call, **arguments):
    try:
        call(**arguments)
    except kind as error:
        return error
    except Exception as error:  # noqa: BLE001 - the report must name whatever came instead
        sys.exit(f"{call.__name__}: {kind.__name__} was expected, came {type(error).__name__}: {error!r}")
    sys.exit(f"{call.__name__}: {kind.__name__} was expected, but the call succeeded")
