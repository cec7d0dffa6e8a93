"""The language of CloudFormation's templates: pure functions over frozen data.

In the order of use:

- ``reading.read`` makes a ``document.Template`` of YAML or JSON, or refuses it.
- ``checks.check`` refuses a template that does not hold together, with every fault.
- ``parameters.parameter_values`` gives the parameters their values.
- ``conditions.scope_with_conditions`` evaluates the conditions, ``rules.check_rules`` the rules.
- ``graph.dependencies`` says which resource needs which; ``graph.ready`` what can be made now,
  ``graph.deletion_graph`` the same for deletion.
- ``resolving.resolve`` replaces functions by what they give within a ``scope.Scope``; what is not
  there yet is ``scope.Unknown``.

Every refusal is an ``errors.TemplateError``, a ValidationError with AWS's words; what AWS can do
and the emulator cannot is UnsupportedByEmulator.
"""
