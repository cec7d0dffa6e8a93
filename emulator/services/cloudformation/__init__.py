"""CloudFormation: stacks made of templates."""
