"""SageMaker pipelines as code: each subpackage is one pipeline, built to JSON and nothing more.

`target`     where a definition is for: role, bucket, region
`source`     the code that steps run, packed so that the same files give the same bytes
`sdk`        the only module that imports the SageMaker SDK
`build`      from a pipeline's name to its definition, uploads included but not done
`upsert`     a definition into SageMaker: upload, create or update, start
`execution`  a started execution, step by step, until it ends
`failure`    what a failed execution has to say
"""
