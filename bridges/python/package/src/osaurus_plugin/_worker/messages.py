# Generated from abi-spec by `osaurus-bridge gen python`. Edit the spec, not this file.
"""Numbers of the worker protocol (docs/worker-protocol.md): types of messages, and limits."""

HELLO = 1  # Settings, root, plugin id.
CALL = 2  # Kind, target, payload, context, timeout, asynchronous.
REPLY = 3  # Outcome of a host call.
CHUNK = 4  # One chunk of a stream.
CANCEL = 5  # Stop the call.
BYE = 6  # End.
READY = 16  # The worker runs: description, and what it takes calls on.
FAILED = 17  # The script could not be loaded: text.
HOST = 18  # A host call: slot and arguments.
RESULT = 19  # The end of a call: status and text.
LOG = 20  # A line for the host's log: level and text.
STREAM_STOP = 21  # Cancel the stream.
READY_NO_LANE = 0  # The worker takes calls on the mux alone.
READY_LANE = 1  # It takes calls on the lane, too, as without the number.
READY_LANE_AND_PIPES = 2  # Both connections go on over the pipes that the shim offers.
READY_PIPES_WITHOUT_LANE = 3  # The mux goes on over its pipes; the lane is not used.
MAX_MESSAGE = 268435456  # Longest message in bytes, without its length field.
