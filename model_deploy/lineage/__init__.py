"""What an endpoint is made of, and what depends on data: by QueryLineage, back and forward.

`command`   the command
`graph`     entities and associations, as QueryLineage gives them
`entities`  what an entity is, and what its resource tells of it
`back`      from an endpoint to its package, training job, data, code and commit
`forward`   from a data set to the packages and endpoints that depend on it
`nodes`     what is told, as a tree
`views`     the tree as text, JSON, Mermaid or HTML
"""
