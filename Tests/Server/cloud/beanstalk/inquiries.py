"""What can be asked: events, health, resources, logs, platforms, tags."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

from ..errors import ServiceError, invalid
from . import platforms
from .applications import resource_tags, tags_of
from .call import Call, Values, environment, operation, page, ready
from .life import Life
from .platforms import PLATFORMS, Platform
from .store import Environment, Event, Instance

SEVERITIES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
#: How far back events are kept.
EVENTS_KEPT = timedelta(days=42)


@operation("DescribeEvents")
def describe_events(call: Call, values: Values) -> Values:
    """Events, newest first; from StartTime on, before EndTime."""
    world = call.world
    least = SEVERITIES.index(values.get("Severity", "TRACE"))
    name, id = values.get("EnvironmentName"), values.get("EnvironmentId")
    if id is not None:
        owners = [one for one in call.region.environments if one.id == id]
        if not owners:
            raise invalid(f"No Environment found for EnvironmentId = '{id}'.")
        name = owners[0].name
    start, end = values.get("StartTime"), values.get("EndTime")
    conditions = {
        "application": values.get("ApplicationName"),
        "version": values.get("VersionLabel"),
        "template": values.get("TemplateName"),
        "environment": name,
        "platform_arn": values.get("PlatformArn"),
        "request_id": values.get("RequestId"),
    }
    chosen: list[Event] = []
    for event in reversed(call.region.events):
        if event.visible > world.moment or event.date < world.date - EVENTS_KEPT:
            continue
        if any(
            wanted is not None and getattr(event, key) != wanted
            for key, wanted in conditions.items()
        ):
            continue
        if SEVERITIES.index(event.severity) < least:
            continue
        if start is not None and event.date < start or end is not None and event.date >= end:
            continue
        chosen.append(event)
    chosen.sort(key=lambda event: (event.date, event.number), reverse=True)
    part, token = page(chosen, values, lambda event: str(event.number), default=100)
    answer: Values = {"Events": [describe_event(event) for event in part]}
    if token is not None:
        answer["NextToken"] = token
    return answer


def describe_event(event: Event) -> Values:
    """EventDescription."""
    values: Values = {
        "EventDate": event.date, "Message": event.message, "Severity": event.severity
    }
    optional = {
        "ApplicationName": event.application,
        "VersionLabel": event.version,
        "TemplateName": event.template,
        "EnvironmentName": event.environment,
        "PlatformArn": event.platform_arn,
        "RequestId": event.request_id,
    }
    values.update({name: value for name, value in optional.items() if value is not None})
    return values


def enhanced(call: Call, values: Values, operation_name: str) -> Environment:
    """The environment, when it reports enhanced health."""
    found = environment(call, values)
    if not found.is_enhanced:
        raise ServiceError(
            "InvalidRequestException",
            f"{operation_name} is not supported. Environment must use enhanced health "
            "reporting.",
        )
    return found


def metrics(count: int) -> Values:
    """Request figures of an idle application."""
    return {
        "Duration": 10,
        "RequestCount": count,
        "StatusCodes": {"Status2xx": count, "Status3xx": 0, "Status4xx": 0, "Status5xx": 0},
        "Latency": {"P999": 0.02, "P99": 0.02, "P95": 0.01, "P90": 0.01, "P50": 0.005},
    }


@operation("DescribeEnvironmentHealth")
def describe_health(call: Call, values: Values) -> Values:
    """An environment's enhanced health."""
    found = enhanced(call, values, "DescribeEnvironmentHealth")
    wanted = set(values.get("AttributeNames", []))
    everything = "All" in wanted
    counts = {"NoData": 0, "Unknown": 0, "Pending": 0, "Ok": 0, "Info": 0, "Warning": 0,
              "Degraded": 0, "Severe": 0}
    for one in found.instances:
        counts[one.health] = counts.get(one.health, 0) + 1
    answers: Values = {
        "Status": found.status,
        "HealthStatus": found.health_status,
        "Color": found.health,
        "Causes": found.causes,
        "ApplicationMetrics": metrics(0),
        "InstancesHealth": counts,
        "RefreshedAt": call.world.date,
    }
    answer: Values = {"EnvironmentName": found.name}
    for name, value in answers.items():
        if everything or name in wanted:
            answer[name] = value
    return answer


def describe_instance(found: Environment, one: Instance, wanted: set[str]) -> Values:
    """SingleInstanceHealth."""
    values: Values = {
        "HealthStatus": one.health,
        "Color": one.color,
        "Causes": one.causes,
        "ApplicationMetrics": metrics(0),
        "LaunchedAt": one.launched,
        "System": {
            "CPUUtilization": {"User": 1.5, "Nice": 0.0, "System": 0.5, "Idle": 98.0,
                               "IOWait": 0.0, "IRQ": 0.0, "SoftIRQ": 0.0},
            "LoadAverage": [0.01, 0.02, 0.05],
        },
        "AvailabilityZone": one.zone,
        "InstanceType": one.type,
    }
    if one.version is not None:
        values["Deployment"] = {
            "VersionLabel": one.version,
            "DeploymentId": one.deployment,
            "Status": one.deployment_status,
            "DeploymentTime": one.deployed,
        }
    if "All" not in wanted:
        values = {name: value for name, value in values.items() if name in wanted}
    values["InstanceId"] = one.id
    return values


@operation("DescribeInstancesHealth")
def describe_instances_health(call: Call, values: Values) -> Values:
    """What runs on each instance, and how it is."""
    found = enhanced(call, values, "DescribeInstancesHealth")
    wanted = set(values.get("AttributeNames", []))
    part, token = page(found.instances, values, lambda one: one.id, default=100)
    answer: Values = {
        "InstanceHealthList": [describe_instance(found, one, wanted) for one in part],
        "RefreshedAt": call.world.date,
    }
    if token is not None:
        answer["NextToken"] = token
    return answer


@operation("DescribeEnvironmentResources")
def describe_resources(call: Call, values: Values) -> Values:
    """Instances, groups, load balancers, queues."""
    found = environment(call, values)
    balanced = not found.is_single and not found.is_worker
    resources: Values = {
        "EnvironmentName": found.name,
        "AutoScalingGroups": [{"Name": f"{found.stack}-AWSEBAutoScalingGroup"}],
        "Instances": [{"Id": one.id} for one in found.instances],
        "LaunchConfigurations": [],
        "LaunchTemplates": [{"Id": "lt-0" + found.id[2:]}],
        "LoadBalancers": [],
        "Triggers": [],
        "Queues": [],
    }
    if balanced:
        life = Life(call.world, call.region, found, call.request_id)
        resources["LoadBalancers"] = [{"Name": life.load_balancer_arn()}]
    if found.is_worker:
        url = (
            f"https://sqs.{call.region.region}.amazonaws.com/{call.account}/"
            f"{found.stack}-AWSEBWorkerQueue"
        )
        resources["Queues"] = [{"Name": "WorkerQueue", "URL": url}]
    return {"EnvironmentResources": resources}


# Logs


@operation("RequestEnvironmentInfo")
def request_info(call: Call, values: Values) -> Values:
    """Has the instances' logs collected; they are there a little later."""
    found = environment(call, values)
    kind = values["InfoType"]
    if found.status not in ("Ready", "Updating"):
        ready(found)
    bucket = call.region.storage_name
    call.objects.ensure_bucket(call.account, call.region.region, bucket)
    call.world.event(
        call.region, "requestEnvironmentInfo is starting.", "INFO", found, call.request_id
    )
    instances = list(found.instances)

    def collect() -> None:
        for one in instances:
            key = f"resources/environments/logs/{kind}/{found.id}/{one.id}/"
            text = log_text(found, one)
            if kind == "bundle":
                name, data = "BundleLogs-1.zip", zipped(text)
            else:
                name, data = "TailLogs-1.txt", text.encode()
            call.objects.store(call.account, bucket, key + name, data)
            found_logs.setdefault((found.id, kind), {})[one.id] = (key + name, call.world.date)
        word = {"tail": "tailing", "bundle": "bundling", "analyze": "analyzing"}[kind]
        for one in instances:
            call.world.event(
                call.region, f"[Instance: {one.id}] Successfully finished {word} 2 log(s)",
                "INFO", found, call.request_id,
            )
        call.world.event(
            call.region, "Pulled logs for environment instances.", "INFO", found,
            call.request_id,
        )

    found_logs = call.world.collected
    found_logs.pop((found.id, kind), None)
    call.world.later(call.world.settings["logs"], collect)
    return {}


def log_text(found: Environment, one: Instance) -> str:
    """What an instance's logs say."""
    rule = "-" * 40
    lines = [rule, "/var/log/eb-engine.log", rule]
    for date, level, text in found.logs.get(one.id, []):
        lines.append(f"{date.strftime('%Y/%m/%d %H:%M:%S.%f')} [{level}] {text}")
    lines += ["", "", rule, "/var/log/web.stdout.log", rule]
    lines += [f"{one.id} web[1234]: listening on port 8000", ""]
    return "\n".join(lines)


def zipped(text: str) -> bytes:
    """Logs as an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("var/log/eb-engine.log", text)
        archive.writestr("var/log/web.stdout.log", "listening on port 8000\n")
    return out.getvalue()


@operation("RetrieveEnvironmentInfo")
def retrieve_info(call: Call, values: Values) -> Values:
    """Addresses of the logs that were collected last."""
    found = environment(call, values)
    kind = values["InfoType"]
    collected = call.world.collected.get((found.id, kind), {})
    return {
        "EnvironmentInfo": [
            {
                "InfoType": kind,
                "Ec2InstanceId": instance,
                "SampleTimestamp": date,
                "Message": call.objects.address(
                    call.account, call.region.region, call.region.storage_name, key
                ),
            }
            for instance, (key, date) in collected.items()
        ]
    }


# Tags


@operation("ListTagsForResource")
def list_tags(call: Call, values: Values) -> Values:
    """A resource's tags."""
    tags, _ = resource_tags(call, values["ResourceArn"])
    return {
        "ResourceArn": values["ResourceArn"],
        "ResourceTags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    }


@operation("UpdateTagsForResource")
def update_tags(call: Call, values: Values) -> Values:
    """Changes tags; on an environment that is an update of its own."""
    tags, found = resource_tags(call, values["ResourceArn"])
    added = tags_of({"Tags": values.get("TagsToAdd", [])})
    removed = values.get("TagsToRemove", [])
    if isinstance(found, Environment):
        if found.operation is not None:
            raise ServiceError(
                "OperationInProgressFailure",
                f"Environment {found.name} is being updated.",
            )
    tags.update(added)
    for key in removed:
        tags.pop(key, None)
    if isinstance(found, Environment):
        life = Life(call.world, call.region, found, call.request_id)
        call.world.start(found, "tags", call.request_id, life.tags())
    return {}


# Platforms


def describe_platform(call: Call, found: Platform, whole: bool) -> Values:
    """PlatformSummary, or PlatformDescription."""
    tiers = ["WebServer/Standard", "Worker/SQS/HTTP"]
    system = found.branch.rpartition(" 64bit ")[2]
    values: Values = {
        "PlatformArn": found.arn(call.region.region),
        "PlatformOwner": "AWSElasticBeanstalk",
        "PlatformStatus": "Ready",
        "PlatformCategory": found.category,
        "OperatingSystemName": "Amazon Linux",
        "OperatingSystemVersion": f"64bit {system}",
        "SupportedTierList": tiers,
        "SupportedAddonList": ["Log/S3", "Monitoring/Healthd", "WorkerDaemon/SQSD"],
        "PlatformVersion": found.version,
        "PlatformBranchName": found.branch,
        "PlatformBranchLifecycleState": found.branch_state,
    }
    if found.recommended:
        values["PlatformLifecycleState"] = "Recommended"
    if whole:
        values.update(
            {
                "PlatformName": found.name,
                "SolutionStackName": found.solution_stack,
                "DateCreated": platforms.RELEASED,
                "DateUpdated": platforms.RELEASED,
                "Description": f"64bit {system} v{found.version} running {found.category}",
                "Maintainer": "aws-elasticbeanstalk-platforms@amazon.com",
                "ProgrammingLanguages": [],
                "Frameworks": [],
                "CustomAmiList": [],
            }
        )
    return values


def matches(values: Values, filters: list[Values], names: dict[str, str], attribute: str) -> bool:
    """Whether something passes the filters of a listing."""
    for item in filters:
        kind = item.get(attribute, "")
        if kind not in names:
            raise invalid(f"Invalid filter '{kind}'.")
        have = values.get(names[kind])
        wanted = item.get("Values", [])
        operator = item.get("Operator", "=")
        have = have if isinstance(have, list) else [str(have) if have is not None else ""]
        tests = {
            "=": lambda one, two: one == two,
            "equals": lambda one, two: one == two,
            "!=": lambda one, two: one != two,
            "contains": lambda one, two: two in one,
            "begins_with": lambda one, two: one.startswith(two),
            "starts_with": lambda one, two: one.startswith(two),
            "ends_with": lambda one, two: one.endswith(two),
            "in": lambda one, two: one == two,
            "not_equals": lambda one, two: one != two,
        }
        if operator == "not_in":
            if any(one in wanted for one in have):
                return False
            continue
        if operator not in tests:
            raise invalid(f"Invalid filter operator '{operator}'.")
        if not any(tests[operator](one, two) for one in have for two in wanted):
            return False
    return True


@operation("ListPlatformVersions")
def list_platform_versions(call: Call, values: Values) -> Values:
    """The platforms, filtered."""
    names = {
        "PlatformName": "PlatformName",
        "PlatformVersion": "PlatformVersion",
        "PlatformStatus": "PlatformStatus",
        "PlatformOwner": "PlatformOwner",
        "PlatformBranchName": "PlatformBranchName",
        "PlatformLifecycleState": "PlatformLifecycleState",
        "PlatformCategory": "PlatformCategory",
        "SupportedTier": "SupportedTierList",
        "SupportedAddon": "SupportedAddonList",
        "ProgrammingLanguageName": "PlatformCategory",
        "OperatingSystemName": "OperatingSystemName",
        "PlatformBranchLifecycleState": "PlatformBranchLifecycleState",
    }
    filters = values.get("Filters", [])
    found = [
        one
        for one in PLATFORMS
        if matches(describe_platform(call, one, True), filters, names, "Type")
    ]
    part, token = page(found, values, lambda one: one.arn(""))
    answer: Values = {
        "PlatformSummaryList": [describe_platform(call, one, False) for one in part]
    }
    if token is not None:
        answer["NextToken"] = token
    return answer


@operation("DescribePlatformVersion")
def describe_platform_version(call: Call, values: Values) -> Values:
    """One platform."""
    arn = values.get("PlatformArn")
    found = platforms.by_arn(arn, call.region.region) if arn is not None else None
    if found is None:
        raise invalid(f"No Platform named '{arn}' found.")
    return {"PlatformDescription": describe_platform(call, found, True)}


@operation("ListPlatformBranches")
def list_platform_branches(call: Call, values: Values) -> Values:
    """The platforms' branches."""
    names = {
        "BranchName": "BranchName",
        "LifecycleState": "LifecycleState",
        "PlatformName": "PlatformName",
        "TierType": "SupportedTierList",
    }
    branches: dict[str, Values] = {}
    for order, one in enumerate(PLATFORMS):
        branches.setdefault(
            one.branch,
            {
                "PlatformName": one.category,
                "BranchName": one.branch,
                "LifecycleState": one.branch_state,
                "BranchOrder": 100 - order,
                "SupportedTierList": ["WebServer/Standard", "Worker/SQS/HTTP"],
            },
        )
    found = [
        branch
        for branch in branches.values()
        if matches(branch, values.get("Filters", []), names, "Attribute")
    ]
    part, token = page(found, values, lambda branch: branch["BranchName"])
    answer: Values = {"PlatformBranchSummaryList": part}
    if token is not None:
        answer["NextToken"] = token
    return answer


@operation("ListAvailableSolutionStacks")
def list_stacks(call: Call, values: Values) -> Values:
    """The solution stacks, as platforms were called before."""
    return {
        "SolutionStacks": [one.solution_stack for one in PLATFORMS],
        "SolutionStackDetails": [
            {"SolutionStackName": one.solution_stack, "PermittedFileTypes": ["zip"]}
            for one in PLATFORMS
        ],
    }


@operation("DescribeAccountAttributes")
def describe_account(call: Call, values: Values) -> Values:
    """The account's quotas."""
    return {
        "ResourceQuotas": {
            "ApplicationQuota": {"Maximum": 75},
            "ApplicationVersionQuota": {
                "Maximum": int(call.world.settings["versions_quota"])
            },
            "EnvironmentQuota": {"Maximum": 200},
            "ConfigurationTemplateQuota": {"Maximum": 2000},
            "CustomPlatformQuota": {"Maximum": 50},
        }
    }


@operation("DescribeEnvironmentManagedActions")
def describe_managed_actions(call: Call, values: Values) -> Values:
    """Managed actions; this Beanstalk plans none."""
    environment(call, values)
    return {"ManagedActions": []}


@operation("DescribeEnvironmentManagedActionHistory")
def describe_managed_history(call: Call, values: Values) -> Values:
    """Past managed actions; there were none."""
    environment(call, values)
    return {"ManagedActionHistoryItems": []}
