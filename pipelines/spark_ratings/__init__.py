"""Rating prediction on data that Spark selects: the same model, prepared on more than one machine.

`settings`        what there is to choose
`graph`           what all graphs share: the model behind the selected ratings
`pipeline`        ratings are selected by a Spark processing job
`emr`             ... by a step on an EMR cluster
`emr_serverless`  ... by a job run on EMR Serverless
`polars`          ... on one machine, without Spark; the same rows
`endpoint`        where the model is deployed
"""
