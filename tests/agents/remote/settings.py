"""The tests' settings with leases so short that a test can wait for one to run out."""

from __future__ import annotations

from config.settings.test import *

ENGINE |= {"LEASE_SECONDS": 4, "RENEW_SECONDS": 1}
