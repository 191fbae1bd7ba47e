"""Main program of a Python worker: finds the package it belongs to and hands over.

The shim starts it as a script, from the payload; nothing imports it.
"""

if __name__ == "__main__":
    import sys

    # .../ROOT/osaurus_plugin/_worker/__main__.py
    root = __file__.rsplit("/", 3)[0]
    if root not in sys.path:
        sys.path.insert(0, root)
    from osaurus_plugin._worker.process import main

    main(root)
