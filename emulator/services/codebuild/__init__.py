"""CodeBuild: a buildspec run for real, as processes on this machine."""
