"""Projects: a Service Catalog product, or a template in S3, as a stack of its own.

creation      CreateProject
changes       UpdateProject and DeleteProject
descriptions  DescribeProject and ListProjects
records       a project's document: its status, and what its stack is given
ordering      what a project asks of Service Catalog
stacks        what becomes of projects, also after the process was killed
portfolio     whether SageMaker's own templates are offered

A project's template has the parameters SageMakerProjectName and SageMakerProjectId, which SageMaker
fills in, and its stack the tags sagemaker:project-name and sagemaker:project-id.

Source: "Create Custom Project Templates" of the SageMaker AI developer guide.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.sagemaker.projects import changes, creation, descriptions, portfolio
from emulator.services.sagemaker.projects.stacks import OBSERVERS, recover

__all__ = ["OBSERVERS", "OPERATIONS", "recover"]

OPERATIONS: Mapping[str, Handler] = {
    "CreateProject": creation.create_project,
    "DescribeProject": descriptions.describe_project,
    "ListProjects": descriptions.list_projects,
    "UpdateProject": changes.update_project,
    "DeleteProject": changes.delete_project,
    **portfolio.OPERATIONS,
}
