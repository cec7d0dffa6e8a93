"""The demos: real data through a pipeline into the registry, to an endpoint, and a question to it.

`demo`      what a pipeline brings, in the module of its name: data, its evaluation, its question
`<name>`    a pipeline each
`data`      public data that any machine with a package index has
`images`    the environments of a pipeline's images, made ahead of its first run
`loop`      one pipeline from data to an answer
`__main__`  the command: one pipeline, or all of them

Run them with this folder's parent on Python's path: ``python -m demos``.
"""
