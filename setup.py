"""The packages and their commands; work in a checkout, where steps/ lies beside them."""

from setuptools import find_packages, setup

setup(
    name="sagemaker-pipelines-mlops-template",
    version="0.1.0",
    description="A SageMaker Pipelines MLOps template that runs whole on a laptop",
    license="Apache-2.0",
    python_requires=">=3.11,<3.12",
    packages=find_packages(
        include=["pipelines*", "model_build*", "model_deploy*", "project*", "emulator*"]
    ),
    package_data={"emulator.containers": ["recipes/**"]},
    # Exact versions with hashes are in requirements/dev.lock; here is what the commands import.
    install_requires=[
        "boto3",
        "matplotlib",
        "plotly",
        "pyyaml",
        "rich",
        "sagemaker==3.27.0",
        "sagemaker-core==2.27.0",
        "sagemaker-train==1.27.0",
        "sagemaker-serve==1.27.0",
        "sagemaker-mlops==1.27.0",
    ],
    entry_points={
        "console_scripts": [
            "get-pipeline-definition = model_build.get_pipeline_definition:main",
            "run-pipeline = model_build.run_pipeline:main",
            "leaderboard = model_build.leaderboard:main",
            "tuning-report = model_build.tuning_report:main",
            "approve-model = model_deploy.approve_model:main",
            "deploy-model = model_deploy.deploy_model:main",
            "lineage = model_deploy.lineage.command:main",
            "approved-package = model_deploy.approved_package:main",
            "clear-stages = model_deploy.clear_stages:main",
            "smoke-test = model_deploy.smoke_test:main",
            "publish-project-template = project.publish:main",
            "launch-project = project.launch:main",
            "project-status = project.status:main",
            "approve-deploy = project.approval:main",
            "teardown-project = project.teardown:main",
        ]
    },
)
