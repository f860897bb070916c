"""The configuration options that this Beanstalk knows, with their defaults.

https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ServiceError

Options = dict[tuple[str, str], str]

ENVIRONMENT_VARIABLES = "aws:elasticbeanstalk:application:environment"
COMMAND = "aws:elasticbeanstalk:command"
ENVIRONMENT = "aws:elasticbeanstalk:environment"
AUTOSCALING = "aws:autoscaling:asg"
LAUNCH = "aws:autoscaling:launchconfiguration"
HEALTH = "aws:elasticbeanstalk:healthreporting:system"
SPLITTING = "aws:elasticbeanstalk:trafficsplitting"
EC2 = "aws:ec2:instances"


@dataclass(frozen=True)
class Option:
    """What is known of one option."""

    default: str | None = None
    values: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    #: How much a change disturbs: AWS's ChangeSeverity.
    severity: str = "NoInterruption"


def _number(default: int | None, low: int, high: int, severity: str = "NoInterruption") -> Option:
    return Option(None if default is None else str(default), (), low, high, severity)


BOOLEAN = ("true", "false")
REPLACE = "RestartEnvironment"
RESTART = "RestartApplicationServer"

KNOWN: dict[str, dict[str, Option]] = {
    AUTOSCALING: {
        "MinSize": _number(1, 0, 10000),
        "MaxSize": _number(4, 0, 10000),
        "Cooldown": _number(360, 0, 10000),
        "Availability Zones": Option("Any"),
        "Custom Availability Zones": Option(),
        "EnableCapacityRebalancing": Option("false", BOOLEAN),
    },
    LAUNCH: {
        "IamInstanceProfile": Option(severity=REPLACE),
        "EC2KeyName": Option(severity=REPLACE),
        "InstanceType": Option(severity=REPLACE),
        "ImageId": Option(severity=REPLACE),
        "SecurityGroups": Option(severity=REPLACE),
        "RootVolumeType": Option(severity=REPLACE),
        "RootVolumeSize": Option(severity=REPLACE),
        "RootVolumeIOPS": Option(severity=REPLACE),
        "SSHSourceRestriction": Option("tcp,22,22,0.0.0.0/0"),
        "DisableIMDSv1": Option("true", BOOLEAN, severity=REPLACE),
        "DisableDefaultEC2SecurityGroup": Option("false", BOOLEAN, severity=REPLACE),
        "MonitoringInterval": Option("5 minute", ("1 minute", "5 minute")),
    },
    "aws:autoscaling:trigger": {
        "MeasureName": Option("NetworkOut"),
        "Statistic": Option("Average", ("Minimum", "Maximum", "Sum", "Average")),
        "Unit": Option("Bytes"),
        "Period": _number(5, 1, 1440),
        "BreachDuration": _number(5, 1, 600),
        "UpperThreshold": Option("6000000"),
        "UpperBreachScaleIncrement": Option("1"),
        "LowerThreshold": Option("2000000"),
        "LowerBreachScaleIncrement": Option("-1"),
        "EvaluationPeriods": _number(1, 1, 600),
    },
    "aws:autoscaling:updatepolicy:rollingupdate": {
        "RollingUpdateEnabled": Option("false", BOOLEAN),
        "RollingUpdateType": Option("Time", ("Time", "Health", "Immutable")),
        "MaxBatchSize": _number(None, 1, 10000),
        "MinInstancesInService": _number(None, 0, 9999),
        "PauseTime": Option(),
        "Timeout": Option("PT30M"),
    },
    EC2: {
        "EnableSpot": Option("false", BOOLEAN, severity=REPLACE),
        "InstanceTypes": Option("t3.micro, t3.small", severity=REPLACE),
        "SpotMaxPrice": Option(),
        "SpotFleetOnDemandBase": _number(0, 0, 10000),
        "SpotFleetOnDemandAboveBasePercentage": _number(0, 0, 100),
        "SpotAllocationStrategy": Option(),
        "SupportedArchitectures": Option("x86_64", ("x86_64", "arm64"), severity=REPLACE),
    },
    "aws:ec2:vpc": {
        "VPCId": Option(severity=REPLACE),
        "Subnets": Option(severity=REPLACE),
        "ELBSubnets": Option(severity=REPLACE),
        "DBSubnets": Option(severity=REPLACE),
        "ELBScheme": Option("public", ("public", "internal"), severity=REPLACE),
        "AssociatePublicIpAddress": Option(None, BOOLEAN, severity=REPLACE),
    },
    "aws:elasticbeanstalk:application": {
        "Application Healthcheck URL": Option(),
    },
    "aws:elasticbeanstalk:cloudwatch:logs": {
        "StreamLogs": Option("false", BOOLEAN),
        "DeleteOnTerminate": Option("false", BOOLEAN),
        "RetentionInDays": _number(7, 1, 3653),
    },
    "aws:elasticbeanstalk:cloudwatch:logs:health": {
        "HealthStreamingEnabled": Option("false", BOOLEAN),
        "DeleteOnTerminate": Option("false", BOOLEAN),
        "RetentionInDays": _number(7, 1, 3653),
    },
    COMMAND: {
        "DeploymentPolicy": Option(
            "AllAtOnce",
            (
                "AllAtOnce", "Rolling", "RollingWithAdditionalBatch", "Immutable",
                "TrafficSplitting",
            ),
        ),
        "Timeout": _number(600, 1, 3600),
        "BatchSizeType": Option("Percentage", ("Percentage", "Fixed")),
        "BatchSize": _number(100, 1, 10000),
        "IgnoreHealthCheck": Option("false", BOOLEAN),
    },
    "aws:elasticbeanstalk:control": {
        "DefaultSSHPort": Option("22"),
        "LaunchTimeout": Option("0"),
        "LaunchType": Option("Migration"),
        "RollbackLaunchOnFailure": Option("false", BOOLEAN),
    },
    ENVIRONMENT: {
        "EnvironmentType": Option(
            "LoadBalanced", ("LoadBalanced", "SingleInstance"), severity=REPLACE
        ),
        "ServiceRole": Option(),
        "LoadBalancerType": Option(
            "application", ("classic", "application", "network"), severity=REPLACE
        ),
        "LoadBalancerIsShared": Option("false", BOOLEAN, severity=REPLACE),
        "ExternalExtensionsS3Bucket": Option(),
        "ExternalExtensionsS3Key": Option(),
    },
    "aws:elasticbeanstalk:environment:proxy": {
        "ProxyServer": Option("nginx", ("nginx", "apache", "none")),
    },
    "aws:elasticbeanstalk:environment:proxy:staticfiles": {},
    HEALTH: {
        "SystemType": Option("basic", ("basic", "enhanced")),
        "HealthCheckSuccessThreshold": Option("Ok", ("Ok", "Warning", "Degraded", "Severe")),
        "EnhancedHealthAuthEnabled": Option("true", BOOLEAN),
        "ConfigDocument": Option(),
    },
    "aws:elasticbeanstalk:hostmanager": {"LogPublicationControl": Option("false", BOOLEAN)},
    "aws:elasticbeanstalk:managedactions": {
        "ManagedActionsEnabled": Option("false", BOOLEAN),
        "PreferredStartTime": Option(),
        "ServiceRoleForManagedUpdates": Option(),
    },
    "aws:elasticbeanstalk:managedactions:platformupdate": {
        "UpdateLevel": Option(None, ("patch", "minor")),
        "InstanceRefreshEnabled": Option("false", BOOLEAN),
    },
    "aws:elasticbeanstalk:monitoring": {
        "Automatically Terminate Unhealthy Instances": Option("true", BOOLEAN),
    },
    "aws:elasticbeanstalk:sns:topics": {
        "Notification Endpoint": Option(),
        "Notification Protocol": Option("email"),
        "Notification Topic ARN": Option(),
        "Notification Topic Name": Option(),
    },
    "aws:elasticbeanstalk:sqsd": {
        "WorkerQueueURL": Option(),
        "HttpPath": Option("/"),
        "MimeType": Option("application/json"),
        "HttpConnections": _number(50, 1, 100),
        "ConnectTimeout": _number(5, 1, 60),
        "InactivityTimeout": _number(299, 1, 36000),
        "VisibilityTimeout": _number(300, 0, 43200),
        "ErrorVisibilityTimeout": _number(2, 0, 43200),
        "RetentionPeriod": _number(345600, 60, 1209600),
        "MaxRetries": _number(10, 1, 100),
    },
    SPLITTING: {
        "NewVersionPercent": _number(10, 1, 100),
        "EvaluationTime": _number(5, 3, 600),
    },
    "aws:elasticbeanstalk:xray": {"XRayEnabled": Option("false", BOOLEAN)},
    "aws:elb:loadbalancer": {"CrossZone": Option("false", BOOLEAN), "SecurityGroups": Option()},
    "aws:elb:policies": {
        "ConnectionDrainingEnabled": Option("false", BOOLEAN),
        "ConnectionDrainingTimeout": _number(20, 1, 3600),
        "ConnectionSettingIdleTimeout": _number(60, 1, 3600),
    },
    "aws:elbv2:loadbalancer": {
        "SharedLoadBalancer": Option(severity=REPLACE),
        "SecurityGroups": Option(),
        "ManagedSecurityGroup": Option(),
        "AccessLogsS3Enabled": Option("false", BOOLEAN),
        "IdleTimeout": Option(),
    },
    "aws:rds:dbinstance": {
        "HasCoupledDatabase": Option("false", BOOLEAN),
        "DBEngine": Option("mysql"),
        "DBUser": Option("ebroot"),
        "DBPassword": Option(),
    },
    "aws:elasticbeanstalk:container:python": {
        "WSGIPath": Option("application", severity=RESTART),
        "NumProcesses": Option("1", severity=RESTART),
        "NumThreads": Option("15", severity=RESTART),
    },
    "aws:elasticbeanstalk:container:php:phpini": {
        "document_root": Option("/"),
        "memory_limit": Option("256M"),
    },
    "aws:elasticbeanstalk:container:tomcat:jvmoptions": {
        "JVM Options": Option(),
        "Xms": Option("256m"),
        "Xmx": Option("256m"),
    },
}

PROCESS = re.compile(r"aws:elasticbeanstalk:environment:process:[A-Za-z0-9-]+")
PROCESS_OPTIONS: dict[str, Option] = {
    "DeregistrationDelay": _number(20, 0, 3600),
    "HealthCheckInterval": _number(15, 5, 300),
    "HealthCheckPath": Option("/"),
    "HealthCheckTimeout": _number(5, 2, 120),
    "HealthyThresholdCount": _number(3, 2, 10),
    "MatcherHTTPCode": Option("200"),
    "Port": _number(80, 1, 65535),
    "Protocol": Option("HTTP", ("HTTP", "HTTPS", "TCP")),
    "StickinessEnabled": Option("false", BOOLEAN),
    "StickinessLBCookieDuration": _number(86400, 1, 604800),
    "StickinessType": Option(),
    "UnhealthyThresholdCount": _number(5, 2, 10),
}
LISTENER = re.compile(r"aws:elbv2:listener:(default|[0-9]+)")
LISTENER_OPTIONS: dict[str, Option] = {
    "DefaultProcess": Option("default"),
    "ListenerEnabled": Option("true", BOOLEAN),
    "Protocol": Option("HTTP", ("HTTP", "HTTPS", "TCP")),
    "Rules": Option(),
    "SSLCertificateArns": Option(),
    "SSLPolicy": Option(),
}
#: Namespaces in which every name is somebody's own.
FREE = {
    ENVIRONMENT_VARIABLES,
    "aws:elasticbeanstalk:application:environmentsecrets",
    "aws:elasticbeanstalk:environment:proxy:staticfiles",
}


def find(namespace: str, name: str) -> Option | None:
    """What is known of an option, or None when there is no such option."""
    if namespace in FREE:
        return Option(severity=RESTART)
    if PROCESS.fullmatch(namespace):
        return PROCESS_OPTIONS.get(name)
    if LISTENER.fullmatch(namespace):
        return LISTENER_OPTIONS.get(name)
    return KNOWN.get(namespace, {}).get(name)


def problem(namespace: str, name: str, value: str) -> str | None:
    """What is wrong with a setting, in AWS's words; None when nothing is."""
    option = find(namespace, name)
    place = f"(Namespace: '{namespace}', OptionName: '{name}')"
    if option is None:
        return f"Invalid option specification {place}: Unknown configuration setting."
    if value == "":
        return None
    whole = f"Invalid option value: '{value}' {place}"
    if option.values and value not in option.values:
        allowed = ", ".join(option.values)
        return f"{whole}: Value is not one of the allowed values: [{allowed}]"
    if option.low is not None and option.high is not None:
        try:
            number = int(value)
        except ValueError:
            return f"{whole}: Value is not a number"
        if number < option.low:
            return f"{whole}: Value is less than minimum allowed value: {option.low}"
        if number > option.high:
            return f"{whole}: Value is greater than maximum allowed value: {option.high}"
    return None


def check(settings: Options) -> None:
    """Refuses the first setting that is wrong."""
    for (namespace, name), value in settings.items():
        text = problem(namespace, name, value)
        if text is not None:
            raise ServiceError(
                "ConfigurationValidationException", f"Configuration validation exception: {text}"
            )
    low = settings.get((AUTOSCALING, "MinSize"))
    high = settings.get((AUTOSCALING, "MaxSize"))
    if low and high and int(low) > int(high):
        raise ServiceError(
            "ConfigurationValidationException",
            "Configuration validation exception: MinSize is greater than MaxSize.",
        )
    variables = sum(
        len(name) + len(value) + 1
        for (namespace, name), value in settings.items()
        if namespace == ENVIRONMENT_VARIABLES
    )
    if variables > 4096:
        raise ServiceError(
            "ConfigurationValidationException",
            "Configuration validation exception: Invalid option value: the size of all "
            "environment properties is greater than the limit of 4096 bytes.",
        )


def defaults(worker: bool) -> Options:
    """What an environment is configured with when nobody says otherwise."""
    found: Options = {}
    for namespace, named in KNOWN.items():
        if namespace == "aws:elasticbeanstalk:sqsd" and not worker:
            continue
        for name, option in named.items():
            if option.default is not None:
                found[(namespace, name)] = option.default
    for name, option in PROCESS_OPTIONS.items():
        if option.default is not None:
            found[("aws:elasticbeanstalk:environment:process:default", name)] = option.default
    return found
