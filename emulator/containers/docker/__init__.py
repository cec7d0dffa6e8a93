"""The ``docker`` of builds: images by their recipe, without a Docker engine.

`command_line`   the subset of Docker's command line, read as frozen requests; its words of refusal
`flags`          flags as Docker's own command line takes them
`references`     registry/repository:tag
`context`        the files of a build's context, without what .dockerignore names
`ignoring`       .dockerignore
`engine`         what a Docker engine keeps: tags and logins, here of one build
`building`       build: a context into the image store, and its environment
`registry`       login and push, by the API of ECR
`listing`        images, tag, version, info
`failures`       why a command did not do what it was asked

One rule: a recipe stands for the Dockerfile, of which no instruction is run; what a recipe cannot
do is refused, and nothing is left out in silence.
"""
