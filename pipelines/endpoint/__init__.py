"""Deployment: a model package version becomes an endpoint, which is then asked questions.

What differs between models, the stages and the questions, is in each model's own
`pipelines/<name>/endpoint.py`.

`deployment`  what such a module says: stages, and what an endpoint must answer
`graph`       the pipeline that deploys so
"""
