"""Models that answer requests: what is behind an endpoint's statuses.

``servers``      a model's container, started on its model data until it answers /ping
``instances``    one server of an endpoint, kept running until it is told to stop
``fleets``       the servers of all the variants of a deployment
``starts``       what is being started, so that a deletion can cancel it
``statuses``     the statuses of an endpoint, and what may follow what
``progress``     how far a deployment is, for DescribeEndpoint
``policies``     a DeploymentConfig read into steps, and its faults
``alarms``       the CloudWatch alarms that roll a deployment back
``updates``      an update under way: its traffic, its baking, its end
``blue_green``   a new fleet takes the old one's place, at once or in steps
``rolling``      new instances take the place of old ones, batch by batch
``deployments``  from one fleet to the next, in worker threads
``recovery``     endpoints after a restart
"""
