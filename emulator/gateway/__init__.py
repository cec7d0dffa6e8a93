"""The one port that every AWS client talks to.

scope    the service a request is meant for, from its signature
calls    runs an operation: for a request over HTTP, or for another part of the emulator
app      the ASGI application
server   the process: socket, state file, start and end
"""
