"""Delivery: from events that wait to targets that have them, at least once.

``dispatcher``    the thread: waiting events -> deliveries, deliveries -> targets
``deliveries``    one event for one target of one rule, as it is kept until it is done
``failures``      why a target did not take it, and whether to try again
``retries``       when to try again, and when to give up
``dead_letters``  the queue for what was given up

Rule: an event leaves the outbox in the transaction that keeps its deliveries, and a delivery is
forgotten after its target has acknowledged it, or it is a dead letter.
"""
