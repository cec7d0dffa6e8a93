"""Holds the CloudFormation templates to four checkers: no finding, or a reason beside it.

loading       a template's YAML as plain data, intrinsics as the functions that they stand for
branches      a template as it is when all its conditions hold, and when none does
samples       names and ARNs that stand for parameters, resources and pseudo parameters
policies      every policy of a branch, with samples for what is known only when it is deployed
parliament_   IAM's own rules over these policies
cdk_nag_      AWS's AwsSolutions rules over the branches
checkov_      checkov's rules over the branches
cfn_lint_     cfn-lint's over the templates as they are, with the schemas of all resource types
findings      what a checker says, and where a suppression without use stands
"""
