"""Limits of size and time for calls of the service [safety.md 3]."""

from fl_planner.web.limits import MIB, PageLimits

HOOKS_PORT = 8322  # usual port of the service on this computer
HOOK_LIMITS = PageLimits(
    header_s=10.0, body_s=10.0, job_s=10.0, body_bytes=16 * MIB, waiting=100
)  # [project's choice]
