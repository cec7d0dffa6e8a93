"""EventBridge: events, from the services that emit them to the targets of rules."""
