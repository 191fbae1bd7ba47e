"""The worker: the process of a plugin's own that the shim starts (docs/worker-protocol.md)."""
