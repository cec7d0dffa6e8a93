"""Each figure that the README quotes, as a ratio against a peer or a floor of the same run."""
