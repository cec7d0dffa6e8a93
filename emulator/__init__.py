"""AWS, answered on a laptop: one process on 127.0.0.1, one port, one data directory.

The stages a request goes through, one package each:

    gateway     reads the service from the signature's credential scope
    protocol    parses and validates the request by botocore's model, writes the answer
    services    one package a service: what an operation does
    engine      runs pipeline definitions by calling the same operations
    containers  turns an image URI into an environment and runs processes in it
    store       keeps every resource; objects keeps S3's
    moto        answers for the services in which nothing has to run

Rule: nothing outside this package knows that it exists, and it imports nothing of the template.
"""
