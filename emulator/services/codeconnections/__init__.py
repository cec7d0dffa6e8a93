"""CodeConnections: connections to repositories on GitHub, GitLab, Bitbucket and their like.

On AWS a new connection is PENDING until somebody has agreed in a browser that AWS may read the
provider's repositories. Here the repositories are on this machine, so there is nobody to ask: a
connection is AVAILABLE at once, and ``owner/name`` of every connection, whatever its provider, is
the repository that git clones from ``<endpoint>/git/owner/name.git`` and that the first push makes.
Builds reach it over the connection, at ``<endpoint>/git-http/account/region/id/owner/name.git``.

The service has two names, of which codestar-connections is the older. Connections are made with
ARNs of the newer name; both services know all of them, by ARNs of either name.

Source: "AWS CodeConnections rename" of the Developer Tools console user guide.
"""

from emulator.services.codeconnections.connections import (
    AVAILABLE,
    OPERATIONS,
    existing_connection,
)

__all__ = ["AVAILABLE", "OPERATIONS", "existing_connection"]
