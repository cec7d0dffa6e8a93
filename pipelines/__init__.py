"""SageMaker pipelines as code, and what both halves need to run them.

Building, which asks AWS for nothing:
`target`        where a definition is for: role, bucket, region
`source`        the code that steps run, packed so that the same files give the same bytes
`sdk`           the only package that imports the SageMaker SDK
`<name>`        a model each: its settings, its graph and how it is deployed
`endpoint`      the graph that deploys any of them
`build`         from a pipeline's name to its definition and the code that goes with it

Running, by boto3 alone, at AWS or wherever AWS_ENDPOINT_URL says:
`upsert`        a definition into SageMaker: create or update, tag, start
`execution`     a started execution, step by step, until it ends
`progress`      an execution on the screen
`job`           the job behind a step: what it was given and where its log is
`job_progress`  what a running job says of itself
`job_log`       the end of a job's log
`failure`       what a failed execution has to say
`reuse`         why each step was reused, or was not
`run`           one run from definition to outcome
`command_line`  the flags that the commands share, and the environment behind them
"""
