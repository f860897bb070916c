"""Environments: what is done to them."""

from __future__ import annotations

from ..errors import ServiceError, combination, invalid
from . import options as known
from . import platforms
from .applications import tags_of, version_named
from .call import Call, Values, application, environment, operation, page, ready
from .life import Change, Life
from .options import ENVIRONMENT_VARIABLES, Options
from .platforms import Platform
from .store import Course, Environment, Template, Version, identifier


def tier(found: Environment) -> Values:
    """EnvironmentTier."""
    if found.is_worker:
        return {"Name": "Worker", "Type": "SQS/HTTP", "Version": "1.0"}
    return {"Name": "WebServer", "Type": "Standard", "Version": "1.0"}


def copied_from(call: Call, values: Values) -> Environment | None:
    """The environment that the EB CLI wants copied."""
    name = values.get("TemplateSpecification", {}).get("TemplateSource", {}).get(
        "EnvironmentName"
    )
    return environment(call, {"EnvironmentName": name}) if name is not None else None


def describe(call: Call, found: Environment) -> Values:
    """EnvironmentDescription."""
    values: Values = {
        "EnvironmentName": found.name,
        "EnvironmentId": found.id,
        "ApplicationName": found.application,
        "SolutionStackName": found.platform.solution_stack,
        "PlatformArn": found.platform.arn(call.region.region),
        "DateCreated": found.created,
        "DateUpdated": found.updated,
        "Status": found.status,
        "AbortableOperationInProgress": bool(
            found.operation is not None and found.operation.abortable
        ),
        "Health": found.health,
        "Tier": tier(found),
        "EnvironmentLinks": [],
        "EnvironmentArn": call.region.arn("environment", f"{found.application}/{found.name}"),
    }
    optional = {
        "VersionLabel": found.version,
        "TemplateName": found.template,
        "Description": found.description,
        "OperationsRole": found.operations_role,
        "EndpointURL": found.endpoint,
    }
    values.update({name: value for name, value in optional.items() if value is not None})
    if found.is_enhanced:
        values["HealthStatus"] = found.health_status
    if found.cname_known and not found.is_worker:
        values["CNAME"] = found.cname
    return values


def platform_of(call: Call, values: Values) -> Platform | None:
    """The platform that a request names."""
    arn, stack = values.get("PlatformArn"), values.get("SolutionStackName")
    if arn is not None and stack is not None:
        raise combination(
            "You cannot specify both a solution stack name and a platform ARN."
        )
    if stack is not None:
        return platforms.by_stack(stack)
    if arn is not None:
        found = platforms.by_arn(arn, call.region.region)
        if found is None:
            raise invalid(f"No Platform named '{arn}' found.")
        return found
    return None


def settings_of(call: Call, values: Values) -> Options:
    """The option settings that a request brings, checked."""
    settings: Options = {}
    for item in values.get("OptionSettings", []):
        namespace = item.get("Namespace", ENVIRONMENT_VARIABLES)
        name = item.get("OptionName")
        if name is None:
            raise invalid("OptionName is missing in an option setting.")
        settings[(namespace, name)] = item.get("Value", "")
    known.check(settings)
    profile = settings.get((known.LAUNCH, "IamInstanceProfile"))
    if profile and not call.objects.has_instance_profile(call.account, profile):
        raise ServiceError(
            "ConfigurationValidationException",
            f"Configuration validation exception: Invalid option value: '{profile}' "
            f"(Namespace: '{known.LAUNCH}', OptionName: 'IamInstanceProfile'): The instance "
            f"profile {profile} does not exist.",
        )
    return settings


def template_of(call: Call, name: str, template: str) -> Template:
    """A saved configuration."""
    found = application(call, name).templates.get(template)
    if found is None:
        raise invalid(f"No Configuration Template named '{name}/{template}' found.")
    return found


def tier_of(values: Values) -> str:
    """WebServer or Worker."""
    tier = values.get("Tier", {})
    name = tier.get("Name", "WebServer")
    kinds = {"WebServer": "Standard", "Worker": "SQS/HTTP"}
    if name not in kinds or tier.get("Type", kinds[name]) != kinds[name]:
        raise invalid(f"Environment tier '{name}' of type '{tier.get('Type')}' does not exist.")
    return name


def usable(version: Version) -> Version:
    """The version, when it can be deployed."""
    if version.status == "FAILED":
        raise invalid(
            f"Application version {version.label} is unusable because it failed to be processed."
        )
    if version.status in ("PROCESSING", "BUILDING"):
        raise invalid(
            f"Application version {version.label} is being processed. Try again when it is done."
        )
    return version


@operation("CheckDNSAvailability")
def check_dns(call: Call, values: Values) -> Values:
    """Whether a name is free."""
    cname = full_name(call, values["CNAMEPrefix"])
    return {
        "Available": call.world.cname_owner(cname) is None,
        "FullyQualifiedCNAME": cname,
    }


def full_name(call: Call, prefix: str) -> str:
    """The whole DNS name of a prefix."""
    return f"{prefix.lower()}.{call.region.region}.elasticbeanstalk.com"


@operation("CreateEnvironment")
def create_environment(call: Call, values: Values) -> Values:
    """A new environment; it is launching when this answers."""
    name = values.get("EnvironmentName")
    if name is None:
        raise ServiceError("MissingParameter", "EnvironmentName is required.")
    owner = application(call, values["ApplicationName"])
    letters = name.replace("-", "")
    if not letters.isascii() or not letters.isalnum() or name[0] == "-" or name[-1] == "-":
        raise invalid(
            f"Value {name} at 'EnvironmentName' failed to satisfy constraint: Member must "
            "contain only letters, digits, and the dash character and may not start or end "
            "with a dash"
        )
    if call.world.live(call.region, name, None) is not None:
        raise invalid(f"Environment {name} already exists.")
    tier_name = tier_of(values)
    options = known.defaults(tier_name == "Worker")
    platform = platform_of(call, values)
    original = copied_from(call, values)
    if original is not None:
        options.update(original.options)
        platform = platform or original.platform
    if values.get("TemplateName") is not None:
        template = template_of(call, owner.name, values["TemplateName"])
        options.update(template.options)
        platform = platform or template.platform
    if platform is None:
        raise combination("Unable to determine base for template pack (no solution stack)")
    version = None
    if values.get("VersionLabel") is not None:
        version = usable(version_named(call, owner.name, values["VersionLabel"]))
    given = settings_of(call, values)
    if version is not None and version.bundle is not None:
        options.update(
            {
                key: value for key, value in version.bundle.options.items()
                if known.problem(*key, value) is None
            }
        )
    options.update(given)
    for item in values.get("OptionsToRemove", []):
        options.pop((item.get("Namespace", ""), item.get("OptionName", "")), None)
    if options.get((known.AUTOSCALING, "MaxSize")) == "0":
        raise ServiceError(
            "ConfigurationValidationException",
            "Configuration validation exception: Invalid option value: '0' (Namespace: "
            f"'{known.AUTOSCALING}', OptionName: 'MaxSize'): Value is less than minimum allowed "
            "value: 1",
        )
    prefix = values.get("CNAMEPrefix")
    if prefix is not None and tier_name == "Worker":
        raise combination("CNAMEPrefix may not be given for a worker environment.")
    cname = full_name(call, prefix) if prefix is not None else full_name(
        call, f"{name}.eba-{identifier(8)}"
    )
    if call.world.cname_owner(cname) is not None:
        raise invalid(f"DNS name ({cname}) is not available.")
    date = call.world.date
    made = Environment(
        owner.name, name, "e-" + identifier(10), tier_name, platform, options, date, date, cname,
        values.get("Description"), version.label if version is not None else None,
        values.get("TemplateName"), group=values.get("GroupName"), tags=tags_of(values),
        operations_role=values.get("OperationsRole"), cname_known=prefix is not None,
    )
    call.region.environments.append(made)
    life = Life(call.world, call.region, made, call.request_id)
    call.world.start(made, "create", call.request_id, life.launch(version))
    return describe(call, made)


@operation("UpdateEnvironment")
def update_environment(call: Call, values: Values) -> Values:
    """A new version, configuration or platform, or only a description."""
    found = environment(call, values)
    if values.get("ApplicationName") not in (None, found.application):
        raise invalid(f"No Environment found for EnvironmentName = '{found.name}'.")
    ready(found)
    change = Change(platform=platform_of(call, values))
    if "Tier" in values and tier_of(values) != found.tier:
        raise combination("The tier of an environment cannot be changed.")
    if values.get("VersionLabel") is not None:
        change.version = usable(version_named(call, found.application, values["VersionLabel"]))
    if values.get("TemplateName") is not None:
        template = template_of(call, found.application, values["TemplateName"])
        change.options.update(template.options)
        found.template = template.name
    change.options.update(settings_of(call, values))
    change.removed = [
        (item.get("Namespace", ""), item.get("OptionName", ""))
        for item in values.get("OptionsToRemove", [])
    ]
    merged = dict(found.options)
    merged.update(change.options)
    known.check(merged)
    if "Description" in values:
        found.description = values["Description"]
    if values.get("GroupName") is not None:
        found.group = values["GroupName"]
    if change.version is None and not change.is_configuration:
        found.updated = call.world.date
        return describe(call, found)
    life = Life(call.world, call.region, found, call.request_id)
    call.world.start(found, "update", call.request_id, life.update(change), abortable=True)
    return describe(call, found)


def start_termination(call: Call, found: Environment) -> None:
    """Begins the end of an environment."""
    life = Life(call.world, call.region, found, call.request_id)
    found.operation = None
    call.world.start(found, "terminate", call.request_id, life.terminate())


@operation("TerminateEnvironment")
def terminate_environment(call: Call, values: Values) -> Values:
    """Ends an environment."""
    found = environment(call, values)
    if found.status in ("Updating", "Aborting", "LinkingFrom", "LinkingTo"):
        raise invalid(
            f"Cannot terminate environment named {found.name}. It is currently pending "
            "deployment."
        )
    if found.status != "Terminating":
        start_termination(call, found)
    return describe(call, found)


@operation("RebuildEnvironment")
def rebuild_environment(call: Call, values: Values) -> Values:
    """Makes an environment's resources anew; a terminated one comes back by its id."""
    id = values.get("EnvironmentId")
    gone = [one for one in call.region.environments if one.id == id and one.status == "Terminated"]
    if gone:
        found = gone[0]
        if call.world.live(call.region, found.name, None) is not None:
            raise invalid(f"Environment {found.name} already exists.")
    else:
        found = ready(environment(call, values))
    version = call.world.version_of(call.region, found, found.version)
    life = Life(call.world, call.region, found, call.request_id)
    call.world.start(found, "rebuild", call.request_id, life.rebuild(version))
    return {}


@operation("RestartAppServer")
def restart_app_server(call: Call, values: Values) -> Values:
    """Restarts the application's servers."""
    found = ready(environment(call, values))
    life = Life(call.world, call.region, found, call.request_id)
    call.world.start(found, "restart", call.request_id, life.restart())
    return {}


@operation("AbortEnvironmentUpdate")
def abort_update(call: Call, values: Values) -> Values:
    """Stops an update and goes back to what was."""
    found = environment(call, values)
    if found.operation is None or not found.operation.abortable:
        raise invalid(
            f"Environment named {found.name} is in an invalid state for this operation. "
            "Must be pending deployment."
        )
    life = Life(call.world, call.region, found, found.operation.request_id)
    call.world.replace(found, life.rollback())
    return {}


@operation("SwapEnvironmentCNAMEs")
def swap_names(call: Call, values: Values) -> Values:
    """Exchanges the names of two environments."""
    pair = [
        ready(
            environment(
                call, values, f"{side}EnvironmentName", f"{side}EnvironmentId"
            )
        )
        for side in ("Source", "Destination")
    ]
    source, destination = pair
    if source is destination:
        raise invalid("The source and the destination environment are the same.")
    if source.is_worker or destination.is_worker:
        raise invalid("Worker environments have no CNAME to swap.")

    def course(found: Environment, first: bool) -> Course:
        world = call.world
        found.status = "Updating"
        text = f"{source.name} and {destination.name}"
        world.event(
            call.region, f"Swapping CNAMEs for environments '{text}'.", "INFO", found,
            call.request_id,
        )
        yield 1
        if first:
            source.cname, destination.cname = destination.cname, source.cname
        world.event(
            call.region,
            f"Completed swapping CNAMEs for environments '{source.name}' and "
            f"'{destination.name}'.",
            "INFO", found, call.request_id,
        )
        found.status = "Ready"
        found.updated = world.date

    call.world.start(source, "swap", call.request_id, course(source, True))
    call.world.start(destination, "swap", call.request_id, course(destination, False))
    return {}


@operation("ComposeEnvironments")
def compose_environments(call: Call, values: Values) -> Values:
    """Creates or updates the environments that versions' env.yaml files describe."""
    owner = application(call, values.get("ApplicationName", ""))
    group = values.get("GroupName")
    made = []
    for label in values.get("VersionLabels", []):
        version = usable(version_named(call, owner.name, label))
        manifest = version.bundle.manifest if version.bundle is not None else None
        if not manifest:
            raise combination(f"Environment manifest file does not exist in version {label}.")
        name = str(manifest.get("EnvironmentName", ""))
        if name.endswith("+"):
            if group is None:
                raise combination("GroupName is needed for an environment name ending in '+'.")
            name = f"{name[:-1]}-{group}"
        present = call.world.live(call.region, name, None)
        if present is not None:
            made.append(
                update_environment(call, {"EnvironmentName": name, "VersionLabel": label})
            )
            continue
        request: Values = {
            "ApplicationName": owner.name, "EnvironmentName": name, "VersionLabel": label,
        }
        stack = manifest.get("SolutionStack")
        request["SolutionStackName"] = str(stack) if stack else (
            platforms.PLATFORMS[0].solution_stack
        )
        if group is not None:
            request["GroupName"] = group
        made.append(create_environment(call, request))
    return {"Environments": made}


@operation("AssociateEnvironmentOperationsRole")
def associate_role(call: Call, values: Values) -> Values:
    """Sets the role that operations run with."""
    environment(call, values).operations_role = values["OperationsRole"]
    return {}


@operation("DisassociateEnvironmentOperationsRole")
def disassociate_role(call: Call, values: Values) -> Values:
    """Forgets the role that operations run with."""
    environment(call, values).operations_role = None
    return {}


@operation("DescribeEnvironments")
def describe_environments(call: Call, values: Values) -> Values:
    """Environments; terminated ones for a while, or as far back as is asked."""
    names, ids = values.get("EnvironmentNames"), values.get("EnvironmentIds")
    back = values.get("IncludedDeletedBackTo")
    include = values.get("IncludeDeleted")
    chosen = []
    for found in call.region.environments:
        if values.get("ApplicationName") not in (None, found.application):
            continue
        if values.get("VersionLabel") not in (None, found.version):
            continue
        if names and found.name not in names or ids and found.id not in ids:
            continue
        if found.status == "Terminated":
            if include is False:
                continue
            recent = call.world.is_listed(found)
            if include and back is not None:
                recent = recent or found.updated >= back
            elif include:
                recent = True
            if not recent:
                continue
        chosen.append(found)
    chosen.sort(key=lambda one: one.updated, reverse=True)
    if values.get("MaxRecords") is None and values.get("NextToken") is None:
        return {"Environments": [describe(call, one) for one in chosen]}
    chosen.sort(key=lambda one: one.id)
    part, token = page(chosen, values, lambda one: one.id)
    answer: Values = {"Environments": [describe(call, one) for one in part]}
    if token is not None:
        answer["NextToken"] = token
    return answer
