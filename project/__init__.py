"""The Studio project: its template, and the commands of who offers, launches, uses and ends it.

`names`        a project, found by its name, and what its template calls its resources
`seed`         the repository's code as the zip that a new project's repository begins with
`packaging`    templates that name local files, into templates that name S3
`publish`      publish-project-template: the template to Service Catalog and S3
`launch`       launch-project: what Studio does when somebody creates a project
`pipelines`    what a project's CodePipelines are at
`status`       project-status: shows that, and the one report of what failed
`approval`     approve-deploy: the manual approval before prod
`removals/`    what there is to remove of a project, and how
`teardown`     teardown-project: shows that, or does it
"""
