"""SageMaker pipelines as code, and what both halves need to run them.

Building, which asks AWS for nothing:
`target`        where a definition is for: role, bucket, region
`source`        the code that steps run, packed so that the same files give the same bytes
`sdk`           the only package that imports the SageMaker SDK
`<name>`        one pipeline each: its settings and its graph
`build`         from a pipeline's name to its definition and the code that goes with it

Running, by boto3 alone, at AWS or wherever AWS_ENDPOINT_URL says:
`upsert`        a definition into SageMaker: create or update, tag, start
`execution`     a started execution, step by step, until it ends
`progress`      an execution on the screen
`job`           the job behind a step: what it was given and where its log is
`job_log`       the end of a job's log
`failure`       what a failed execution has to say
`reuse`         why each step was reused, or was not
`run`           one run from definition to outcome
`command_line`  the flags that the commands share, and the environment behind them
"""
