"""Runs the arm64 code of a macOS plugin on another system.

Unicorn is the processor, this package the loader and libSystem. Files, sockets and child processes
are real ones of this machine. Used by the tests in the folder above.
"""
