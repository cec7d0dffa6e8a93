"""Schedules of rules: rate and cron expressions, and when they are next due. Pure, in UTC.

``expressions``  the text of a ScheduleExpression -> a schedule
``rates``        ``rate(5 minutes)``
``cron``         ``cron(0 10 * * ? *)``: six fields, and the next minute that they name
``fields``       one field of a cron expression
``days``         the days of a month that the two day fields name

Source: "Setting a schedule pattern for scheduled rules" of the EventBridge user guide.
"""

from emulator.services.events.schedules.expressions import (
    InvalidSchedule,
    Schedule,
    read_schedule,
)

__all__ = ["InvalidSchedule", "Schedule", "read_schedule"]
