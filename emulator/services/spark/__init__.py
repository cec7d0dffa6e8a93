"""What EMR and EMR Serverless share: Spark programs as processes on this machine.

releases        which release labels can be run, and by which image
configurations  EMR's classifications as Spark's settings
runs            one spark-submit in a container, from its start to its exit
logs            what it printed, where EMR puts it
listing         documents as they are told, and lists of them by pages
"""
