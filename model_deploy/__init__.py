"""The deploy half: approving model packages, and deploying the newest approved one."""
