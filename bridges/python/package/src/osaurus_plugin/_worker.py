"""Main program of a Python worker (docs/worker-protocol.md): finds the package it belongs to and
hands over. Started by the shim as a script; not imported by anybody."""

if __name__ == "__main__":
    import sys

    root = __file__.rpartition("/")[0].rpartition("/")[0]
    if root not in sys.path:
        sys.path.insert(0, root)
    from osaurus_plugin._worker_main import main

    main(root)
