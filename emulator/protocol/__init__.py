"""AWS's protocols, driven by botocore's service models.

models     the operations and shapes of a service
validate   a request against its shape: all faults in one message, in AWS's words
query      the protocol of forms and XML
xml        a shape's values as XML
parse      an HTTP request into an operation and its parameters
answer     an operation's answer, or its error, into an HTTP response
"""
