"""The SageMaker SDK v3 behind functions that take plain values: nothing else imports it.

`session`      a session that asks AWS for nothing; image addresses; the definition as JSON
`values`       what is known only when the pipeline runs: parameters, properties, joined text
`jobs`         what every job has: channels, compute, a script, the cache
`processing`   steps that run a program: of an image, of one's own, on Spark
`training`     steps that train: by a script or an algorithm, once or tuned
`transforms`   steps that let a model predict a file: batch transform
`clusters`     steps that run Spark on a cluster: EMR, EMR Serverless
`evaluations`  the JSON file that a gate and the registry read
`choices`      steps that decide: condition, fail
`models`       steps on models: register, create
`endpoints`    steps on endpoints: configuration, endpoint, Lambda check

Importing the SDK takes seconds, so every function imports what it needs when it is called, within
`session.building(target)`.
"""
