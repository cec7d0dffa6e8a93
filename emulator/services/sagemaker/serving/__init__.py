"""Models that answer requests: what is behind an endpoint's statuses.

``servers``      a model's container, started on its model data until it answers /ping
``instances``    one server of an endpoint, kept running until it is told to stop
``fleets``       the servers of all the variants of a deployment
``deployments``  from one fleet to the next, in worker threads; an endpoint's statuses
"""
