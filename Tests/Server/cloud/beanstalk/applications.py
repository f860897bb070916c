"""Applications, their versions, and what is stored for them."""

from __future__ import annotations

from typing import Any

from ..errors import ServiceError, combination, invalid
from .call import Call, Values, application, operation, page
from .store import Application, Version


def tags_of(values: Values) -> dict[str, str]:
    """The tags that a request brings."""
    tags = {}
    for item in values.get("Tags", []):
        key = item.get("Key", "")
        if not key or key.lower().startswith("aws:") or key.lower().startswith(
            "elasticbeanstalk:"
        ):
            raise invalid(f"Tag key '{key}' is reserved or empty.")
        if key in tags:
            raise invalid(f"Duplicate tag key '{key}'.")
        tags[key] = item.get("Value", "")
    if len(tags) > 47:
        raise ServiceError("TooManyTagsException", "The number of tags is more than 50.")
    return tags


def plain_name(kind: str, name: str) -> None:
    """Names must not have a slash."""
    if "/" in name:
        raise invalid(f"Invalid value for {kind}: '/' is not allowed in '{name}'.")


def describe_application(call: Call, found: Application) -> Values:
    """ApplicationDescription."""
    values: Values = {
        "ApplicationArn": call.region.arn("application", found.name),
        "ApplicationName": found.name,
        "DateCreated": found.created,
        "DateUpdated": found.updated,
        "Versions": list(reversed(found.versions)),
        "ConfigurationTemplates": list(found.templates),
        "ResourceLifecycleConfig": found.lifecycle
        or {
            "VersionLifecycleConfig": {
                "MaxCountRule": {
                    "Enabled": False, "MaxCount": 200, "DeleteSourceFromS3": False
                },
                "MaxAgeRule": {
                    "Enabled": False, "MaxAgeInDays": 180, "DeleteSourceFromS3": False
                },
            }
        },
    }
    if found.description is not None:
        values["Description"] = found.description
    return values


@operation("CreateApplication")
def create_application(call: Call, values: Values) -> Values:
    """A new application."""
    name = values["ApplicationName"]
    plain_name("ApplicationName", name)
    if name in call.region.applications:
        raise invalid(f"Application {name} already exists.")
    date = call.world.date
    made = Application(name, values.get("Description"), date, date, tags=tags_of(values))
    made.lifecycle = values.get("ResourceLifecycleConfig")
    call.region.applications[name] = made
    call.world.event(
        call.region, f"Created new Application: {name}", application=name,
        request_id=call.request_id,
    )
    return {"Application": describe_application(call, made)}


@operation("DescribeApplications")
def describe_applications(call: Call, values: Values) -> Values:
    """All applications, or those that are asked for."""
    names = values.get("ApplicationNames")
    return {
        "Applications": [
            describe_application(call, found)
            for found in call.region.applications.values()
            if not names or found.name in names
        ]
    }


@operation("UpdateApplication")
def update_application(call: Call, values: Values) -> Values:
    """A new description."""
    found = application(call, values["ApplicationName"])
    if "Description" in values:
        found.description = values["Description"]
    found.updated = call.world.date
    return {"Application": describe_application(call, found)}


@operation("UpdateApplicationResourceLifecycle")
def update_lifecycle(call: Call, values: Values) -> Values:
    """Rules about old versions; kept, not carried out."""
    found = application(call, values["ApplicationName"])
    found.lifecycle = values["ResourceLifecycleConfig"]
    return {
        "ApplicationName": found.name,
        "ResourceLifecycleConfig": values["ResourceLifecycleConfig"],
    }


@operation("DeleteApplication")
def delete_application(call: Call, values: Values) -> Values:
    """Removes an application, with its environments when told so."""
    name = values["ApplicationName"]
    if name not in call.region.applications:
        # Deleting what is not there is not an error.
        return {}
    running = [
        one for one in call.region.environments
        if one.application == name and one.status != "Terminated"
    ]
    if running and not values.get("TerminateEnvByForce"):
        raise ServiceError(
            "OperationInProgressFailure",
            "Unable to delete application " + name + " because it has running environments.",
        )
    from .environments import start_termination

    for one in running:
        start_termination(call, one)
    del call.region.applications[name]
    call.world.event(
        call.region, "The application has been deleted successfully.", application=name,
        request_id=call.request_id,
    )
    return {}


@operation("CreateStorageLocation")
def create_storage_location(call: Call, values: Values) -> Values:
    """Beanstalk's own bucket, made when it is asked for the first time."""
    name = call.region.storage_name
    call.objects.ensure_bucket(call.account, call.region.region, name)
    call.region.bucket = name
    return {"S3Bucket": name}


def describe_version(call: Call, found: Version) -> Values:
    """ApplicationVersionDescription."""
    values: Values = {
        "ApplicationVersionArn": call.region.arn(
            "applicationversion", f"{found.application}/{found.label}"
        ),
        "ApplicationName": found.application,
        "VersionLabel": found.label,
        "DateCreated": found.created,
        "DateUpdated": found.updated,
        "Status": found.status,
    }
    if found.description is not None:
        values["Description"] = found.description
    if found.source is not None:
        values["SourceBuildInformation"] = found.source
    if found.bucket is not None:
        values["SourceBundle"] = {"S3Bucket": found.bucket, "S3Key": found.key}
    return values


def check_bundle(call: Call, bucket: str, key: str) -> int:
    """The bundle's size, when Beanstalk could fetch it."""
    reason, size, region = call.objects.describe(call.account, bucket, key)
    where = f"Unable to download from S3 location (Bucket: {bucket}  Key: {key}). Reason: "
    if reason:
        raise combination(where + reason)
    if region != call.region.region:
        raise combination(
            f"{where}Moved Permanently. The bucket is in this region: {region}. "
            "Please use this region to retry the request"
        )
    limit = int(call.world.settings["largest_bundle"])
    if size == 0 or size > limit:
        raise invalid(f"Source bundle is empty or exceeds maximum allowed size: {limit}.")
    return size


@operation("CreateApplicationVersion")
def create_version(call: Call, values: Values) -> Values:
    """A new version, of a bundle in S3 or a commit in CodeCommit."""
    name, label = values["ApplicationName"], values["VersionLabel"]
    plain_name("VersionLabel", label)
    if label != label.strip():
        raise invalid("VersionLabel must not begin or end with a space.")
    bundle, source = values.get("SourceBundle"), values.get("SourceBuildInformation")
    if bundle is not None and source is not None:
        raise combination("Only one of SourceBundle and SourceBuildInformation may be given.")
    found = call.region.applications.get(name)
    if found is None and not values.get("AutoCreateApplication"):
        raise invalid(f"No Application named '{name}' found.")
    if found is not None and label in found.versions:
        raise invalid(f"Application Version {label} already exists.")
    quota = int(call.world.settings["versions_quota"])
    if sum(len(one.versions) for one in call.region.applications.values()) >= quota:
        raise ServiceError(
            "TooManyApplicationVersionsException",
            f"You cannot have more than {quota} Application Versions. Either remove some "
            "Application Versions or request a limit increase.",
        )
    date = call.world.date
    process = bool(values.get("Process"))
    made = Version(
        name, label, values.get("Description"), "UNPROCESSED", date, date, source=source,
        tags=tags_of(values),
    )
    if bundle is not None:
        if not bundle.get("S3Bucket") or not bundle.get("S3Key"):
            raise combination("Both S3Bucket and S3Key must be specified.")
        made.bucket, made.key = bundle["S3Bucket"], bundle["S3Key"]
        made.size = check_bundle(call, made.bucket, made.key)
        made.bundle = call.objects.inspect(made.bucket, made.key)
    elif source is not None:
        check_source(call, source)
        # A version from a repository is always processed: Beanstalk must fetch it.
        process = True
    if found is None:
        create_application(call, {"ApplicationName": name})
        found = call.region.applications[name]
    found.versions[label] = made
    call.world.event(
        call.region, f"Created new Application Version: {label}", application=name,
        version=label, request_id=call.request_id,
    )
    if process:
        made.status = "PROCESSING"
        request = call.request_id
        call.world.later(
            call.world.settings["processing"], lambda: finish_processing(call, made, request)
        )
    return {"ApplicationVersion": describe_version(call, made)}


def check_source(call: Call, source: Values) -> None:
    """A commit in CodeCommit, by `repository/commit`."""
    if source["SourceRepository"] == "CodeCommit":
        repository, _, commit = source["SourceLocation"].rpartition("/")
        if len(commit) != 40 or any(one not in "0123456789abcdef" for one in commit):
            raise invalid(
                f"Invalid commit id '{commit}' for the CodeCommit repository '{repository}'."
            )
    else:
        bucket, _, key = source["SourceLocation"].partition("/")
        check_bundle(call, bucket, key)


def finish_processing(call: Call, version: Version, request_id: str) -> None:
    """The end of Process."""
    found = version.bundle
    broken = found is not None and (found.broken_file or found.unreadable)
    failed = broken or call.world.behaviour("fail-processing", None, version) is not None
    version.status = "FAILED" if failed else "PROCESSED"
    version.updated = call.world.date
    if found is not None and found.broken_file is not None:
        call.world.event(
            call.region,
            f"The configuration file {found.broken_file} in application version "
            f"{version.label} contains invalid YAML or JSON. YAML exception: Invalid Yaml: "
            f"{found.yaml_problem}. Update the configuration file.",
            "ERROR", application=version.application, version=version.label,
            request_id=request_id,
        )
    message = (
        f"Failed to process application version {version.label}."
        if failed
        else f"Finished processing application version {version.label}."
    )
    call.world.event(
        call.region, message, "ERROR" if failed else "INFO", application=version.application,
        version=version.label, request_id=request_id,
    )


@operation("DescribeApplicationVersions")
def describe_versions(call: Call, values: Values) -> Values:
    """Versions, newest first."""
    name, labels = values.get("ApplicationName"), values.get("VersionLabels")
    found: list[Version] = []
    for one in call.region.applications.values():
        if name is None or one.name == name:
            found += [
                version for version in one.versions.values()
                if not labels or version.label in labels
            ]
    found.sort(key=lambda version: version.created, reverse=True)
    chosen, token = page(found, values, lambda one: f"{one.application}/{one.label}")
    answer: Values = {"ApplicationVersions": [describe_version(call, one) for one in chosen]}
    if token is not None:
        answer["NextToken"] = token
    return answer


def version_named(call: Call, name: str, label: str) -> Version:
    """The version of this label."""
    found = application(call, name).versions.get(label)
    if found is None:
        raise invalid(f"No Application Version named '{label}' found.")
    return found


@operation("UpdateApplicationVersion")
def update_version(call: Call, values: Values) -> Values:
    """A new description."""
    found = version_named(call, values["ApplicationName"], values["VersionLabel"])
    if "Description" in values:
        found.description = values["Description"]
    found.updated = call.world.date
    return {"ApplicationVersion": describe_version(call, found)}


@operation("DeleteApplicationVersion")
def delete_version(call: Call, values: Values) -> Values:
    """Removes a version that no environment runs."""
    name, label = values["ApplicationName"], values["VersionLabel"]
    if name not in call.region.applications:
        raise invalid(f"No Application named '{name}' found.")
    found = call.region.applications[name].versions.get(label)
    if found is None:
        return {}
    for one in call.region.environments:
        if one.application == name and one.version == label and one.status != "Terminated":
            if one.operation is not None:
                raise ServiceError(
                    "OperationInProgressFailure",
                    f"Unable to delete application version {label} because the environment "
                    f"{one.name} is being updated.",
                )
            raise ServiceError(
                "SourceBundleDeletionFailure",
                f"Unable to delete application version {label} because it is deployed to "
                f"the environment {one.name}.",
            )
    del call.region.applications[name].versions[label]
    if values.get("DeleteSourceBundle") and found.bucket is not None and found.key is not None:
        call.objects.delete(found.bucket, found.key)
    call.world.event(
        call.region, f"Deleted Application Version {label}", application=name,
        request_id=call.request_id,
    )
    return {}


def resource_tags(call: Call, arn: str) -> tuple[dict[str, str], Any]:
    """The tags of the resource with this ARN, and the resource."""
    prefix = call.region.arn("", "")[:-1]
    if not arn.startswith(prefix):
        raise ServiceError("ResourceNotFoundException", f"Resource not found for arn '{arn}'.")
    kind, _, name = arn[len(prefix) :].partition("/")
    owner, _, rest = name.partition("/")
    found: Any = None
    if kind == "application":
        found = call.region.applications.get(name)
    elif kind == "applicationversion" and owner in call.region.applications:
        found = call.region.applications[owner].versions.get(rest)
    elif kind == "environment":
        found = call.world.live(call.region, rest, None)
    elif kind == "configurationtemplate" and owner in call.region.applications:
        found = call.region.applications[owner].templates.get(rest)
    elif kind == "platform":
        raise ServiceError(
            "ResourceTypeNotSupportedException", f"Tags are not supported here for '{arn}'."
        )
    if found is None:
        raise ServiceError("ResourceNotFoundException", f"Resource not found for arn '{arn}'.")
    return found.tags, found
