"""The build half: definitions and runs of model-building pipelines, in CodeBuild or on a laptop."""
