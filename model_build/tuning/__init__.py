"""The report of a tuning job, from what AWS says of it to a page and pictures.

`job`       what DescribeHyperParameterTuningJob and its list of training jobs say, as data
`finding`   which tuning job is meant, and the trainings to compare it with
`axes`      where the values of a hyperparameter stand on an axis, and its ticks
`history`   the objective in the order of time, and in words
`charts`    the page's charts, by plotly
`style`     how the page looks
`page`      the page: charts, tables, settings
`pictures`  the same charts as PNG, by matplotlib

Nothing below `page` and `pictures` asks AWS; nothing above them draws.
"""
