"""What training, processing and transform jobs share.

``kinds``           the four kinds of job and how the API spells their members
``checks``          what AWS refuses at creation; all faults of a request in one answer
``records``         documents in the store: create, describe, list, stop, delete
``lifecycle``       the table of allowed status changes; no other module writes a status
``running``         handles of the jobs that run in this process: stop, listen, end
``directories``     where a job lives on disk and what the container sees as /opt/ml
``inputs``          S3 objects -> files of the container, by hard link
``outputs``         files of the container -> S3 objects
``continuous_uploads``  the same, while the job runs
``container_runs``  environment, process, time limit and stop of one container
``failures``        FailureReason in AWS's words
``recovery``        what dies with the emulator ends as Failed
``processing_runs``, ``training_runs``, ``transform_runs``    one job of each kind
``secondary_statuses``, ``metrics``, ``built_in_metrics``     what training jobs have besides
``model_clients``, ``transform_records``, ``filter_paths``    what transform jobs have besides

The one rule: a job's thread writes its document through ``lifecycle`` and ends through
``container_runs.run_to_end``, so that each job reaches a terminal status whatever happens.
"""
