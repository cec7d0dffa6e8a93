"""The SageMaker SDK v3 behind functions that take plain values: nothing else imports it.

`session`    a session that asks AWS for nothing; image addresses; the definition as JSON
`values`     what is known only when the pipeline runs: parameters, properties, joined text
`jobs`       steps that run a job: processing, tuning, training
`clusters`   steps that run Spark on a cluster: EMR, EMR Serverless
`choices`    steps that decide: condition, fail
`models`     steps on models: register, create
`transforms` steps that let a model predict a file: batch transform
`endpoints`  steps on endpoints: configuration, endpoint, Lambda check

Importing the SDK takes seconds, so every function imports what it needs when it is called, within
`session.building(target)`.
"""
