"""The variables that point AWS clients at an emulator."""


def client_environment(endpoint_url: str, region: str) -> dict[str, str]:
    """What any AWS client needs to talk to the emulator, and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
