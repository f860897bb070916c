"""Configuration settings and options, and saved configurations."""

from __future__ import annotations

import yaml

from ..errors import combination, invalid
from . import options as known
from . import platforms
from .applications import plain_name, tags_of
from .call import Call, Values, application, environment, operation
from .environments import copied_from, platform_of, settings_of, template_of, tier
from .options import Options
from .store import Environment, Template


def listed(settings: Options) -> list[Values]:
    """Option settings as answers have them."""
    return [
        {"Namespace": namespace, "OptionName": name, "Value": value}
        for (namespace, name), value in sorted(settings.items())
    ]


def describe_environment(call: Call, found: Environment) -> Values:
    """An environment's ConfigurationSettingsDescription."""
    values: Values = {
        "SolutionStackName": found.platform.solution_stack,
        "PlatformArn": found.platform.arn(call.region.region),
        "ApplicationName": found.application,
        "EnvironmentName": found.name,
        "DeploymentStatus": "pending" if found.operation is not None else "deployed",
        "DateCreated": found.created,
        "DateUpdated": found.updated,
        "OptionSettings": listed(found.options),
    }
    if found.description is not None:
        values["Description"] = found.description
    if call.is_eb:
        values["Tier"] = tier(found)
    return values


def describe_template(call: Call, owner: str, found: Template, settings: bool = True) -> Values:
    """A saved configuration's ConfigurationSettingsDescription."""
    values: Values = {
        "SolutionStackName": found.platform.solution_stack,
        "PlatformArn": found.platform.arn(call.region.region),
        "ApplicationName": owner,
        "TemplateName": found.name,
        "DateCreated": found.created,
        "DateUpdated": found.updated,
    }
    if found.description is not None:
        values["Description"] = found.description
    if settings:
        values["OptionSettings"] = listed(found.options)
    return values


@operation("DescribeConfigurationSettings")
def describe_settings(call: Call, values: Values) -> Values:
    """The settings of an environment or of a saved configuration."""
    owner = application(call, values["ApplicationName"])
    name, template = values.get("EnvironmentName"), values.get("TemplateName")
    if (name is None) == (template is None):
        raise combination(
            "You must specify either a TemplateName or an EnvironmentName, but not both."
        )
    if template is not None:
        found = template_of(call, owner.name, template)
        return {"ConfigurationSettings": [describe_template(call, owner.name, found)]}
    running = environment(call, values)
    if running.application != owner.name:
        raise invalid(f"No Environment found for EnvironmentName = '{name}'.")
    return {"ConfigurationSettings": [describe_environment(call, running)]}


@operation("DescribeConfigurationOptions")
def describe_options(call: Call, values: Values) -> Values:
    """What can be set, of what this Beanstalk knows."""
    platform = platform_of(call, values)
    worker = False
    if values.get("EnvironmentName") is not None:
        found = environment(call, values)
        platform, worker = found.platform, found.is_worker
    elif values.get("TemplateName") is not None:
        platform = template_of(call, values["ApplicationName"], values["TemplateName"]).platform
    platform = platform or platforms.PLATFORMS[0]
    wanted = {
        (item.get("Namespace"), item.get("OptionName")) for item in values.get("Options", [])
    }
    described = []
    for namespace, named in known.KNOWN.items():
        if namespace == "aws:elasticbeanstalk:sqsd" and not worker:
            continue
        for name, option in named.items():
            if wanted and (namespace, name) not in wanted and (namespace, None) not in wanted:
                continue
            item: Values = {
                "Namespace": namespace,
                "Name": name,
                "ChangeSeverity": option.severity,
                "UserDefined": False,
                "ValueType": "Scalar",
            }
            if option.default is not None:
                item["DefaultValue"] = option.default
            if option.values:
                item["ValueOptions"] = list(option.values)
            if option.low is not None:
                item["MinValue"], item["MaxValue"] = option.low, option.high
            described.append(item)
    return {
        "SolutionStackName": platform.solution_stack,
        "PlatformArn": platform.arn(call.region.region),
        "Options": described,
    }


@operation("ValidateConfigurationSettings")
def validate_settings(call: Call, values: Values) -> Values:
    """What is wrong with settings, without changing anything."""
    application(call, values["ApplicationName"])
    messages = []
    for item in values["OptionSettings"]:
        namespace, name = item.get("Namespace", ""), item.get("OptionName", "")
        text = known.problem(namespace, name, item.get("Value", ""))
        if text is not None:
            messages.append(
                {
                    "Message": text, "Severity": "error", "Namespace": namespace,
                    "OptionName": name,
                }
            )
    return {"Messages": messages}


def template_key(owner: str, name: str) -> str:
    """Where Beanstalk keeps a saved configuration in its bucket."""
    return f"resources/templates/{owner}/{name}"


def keep(call: Call, owner: str, found: Template) -> None:
    """Writes a saved configuration into Beanstalk's bucket, where clients read it."""
    settings: dict[str, dict[str, str]] = {}
    for (namespace, name), value in sorted(found.options.items()):
        settings.setdefault(namespace, {})[name] = value
    document = {
        "AWSConfigurationTemplateVersion": "1.1.0.0",
        "EnvironmentConfigurationMetadata": {
            "DateCreated": str(int(found.created.timestamp() * 1000)),
            "DateModified": str(int(found.updated.timestamp() * 1000)),
            "Description": found.description or "",
        },
        "Platform": {"PlatformArn": found.platform.arn(call.region.region)},
        "OptionSettings": settings,
    }
    bucket = call.region.storage_name
    call.objects.ensure_bucket(call.account, call.region.region, bucket)
    call.objects.store(
        call.account, bucket, template_key(owner, found.name),
        yaml.safe_dump(document, sort_keys=False).encode(),
    )


@operation("CreateConfigurationTemplate")
def create_template(call: Call, values: Values) -> Values:
    """Saves a configuration: of an environment, of another one, or of a platform."""
    owner = application(call, values["ApplicationName"])
    name = values["TemplateName"]
    plain_name("TemplateName", name)
    if name in owner.templates:
        raise invalid(f"Configuration Template {name} already exists.")
    settings: Options = {}
    platform = platform_of(call, values)
    source = values.get("SourceConfiguration")
    if values.get("EnvironmentId") is not None:
        running = environment(call, values)
        settings, platform = dict(running.options), platform or running.platform
    elif copied_from(call, values) is not None:
        other_environment = copied_from(call, values)
        assert other_environment is not None
        settings = dict(other_environment.options)
        platform = platform or other_environment.platform
    elif source is not None:
        other = template_of(
            call, source.get("ApplicationName", owner.name), source.get("TemplateName", "")
        )
        settings, platform = dict(other.options), platform or other.platform
    if platform is None:
        raise combination("Unable to determine base for template pack (no solution stack)")
    settings.update(settings_of(call, values))
    date = call.world.date
    made = Template(name, values.get("Description"), settings, platform, date, date,
                    tags_of(values))
    owner.templates[name] = made
    keep(call, owner.name, made)
    return describe_template(call, owner.name, made, settings=False)


@operation("UpdateConfigurationTemplate")
def update_template(call: Call, values: Values) -> Values:
    """Changes a saved configuration."""
    found = template_of(call, values["ApplicationName"], values["TemplateName"])
    found.options.update(settings_of(call, values))
    for item in values.get("OptionsToRemove", []):
        found.options.pop((item.get("Namespace", ""), item.get("OptionName", "")), None)
    if "Description" in values:
        found.description = values["Description"]
    found.updated = call.world.date
    keep(call, values["ApplicationName"], found)
    return describe_template(call, values["ApplicationName"], found, settings=False)


@operation("DeleteConfigurationTemplate")
def delete_template(call: Call, values: Values) -> Values:
    """Forgets a saved configuration."""
    owner = application(call, values["ApplicationName"])
    if owner.templates.pop(values["TemplateName"], None) is not None:
        call.objects.delete(
            call.region.storage_name, template_key(owner.name, values["TemplateName"])
        )
    return {}


@operation("DeleteEnvironmentConfiguration")
def delete_draft(call: Call, values: Values) -> Values:
    """Forgets a draft configuration; this Beanstalk keeps none."""
    application(call, values["ApplicationName"])
    return {}
