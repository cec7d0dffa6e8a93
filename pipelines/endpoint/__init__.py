"""Deployment: a model package version becomes an endpoint, which is then asked questions.

`settings`  the stages and what an endpoint must answer
`pipeline`  the graph
"""
