"""`nightdex notify`: says something over the channels of [notify], so that one knows that they work."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from nightdex.configuration import Configuration
from nightdex.errors import NothingToNotify
from nightdex.notices import notice_of, send

TEST = "this is a test of [notify]; nothing is wrong"


def notify_command(configuration: Configuration, text: str, *, as_json: bool) -> int:
    """Send a text, or a test where it is ""; 1 if any channel did not take it.

    Raises:
        NothingToNotify: repos.toml names no channel.
    """
    notice = notice_of("message" if text else "test", text or TEST)
    deliveries = send(configuration.settings.notify, notice)
    if not deliveries:
        raise NothingToNotify(f"{configuration.path} names nobody to tell: give [notify] a url or a command")
    if as_json:
        told = {"notice": asdict(notice), "deliveries": [asdict(one) for one in deliveries]}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        for one in deliveries:
            sys.stdout.write(f"{one.channel}: {one.problem or 'delivered'}\n")
    return 1 if any(one.problem for one in deliveries) else 0
