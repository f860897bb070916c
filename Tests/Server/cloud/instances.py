"""Makes the instances of Beanstalk's environments known to moto's EC2."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from . import moto_bridge
from .beanstalk.store import Environment, Instance
from .beanstalk.world import World
from .wire import Request, Response

IMAGE = "ami-12c6146b"
VERSION = "2016-11-15"


def publish(world: World, account: str, region: str) -> None:
    """Brings moto's instances in line with the environments'.

    Done when somebody asks EC2 something, not when an environment is made: loading moto's EC2
    takes seconds, and few tests ask.
    """
    from moto.ec2.models import ec2_backends

    backend = ec2_backends[account][region]
    wanted = {
        one.id: (environment, one)
        for environment in world.region(account, region).environments
        for one in environment.instances
    }
    present = {
        instance.id: instance
        for reservation in backend.reservations.values()
        for instance in reservation.instances
    }
    for id, (environment, one) in wanted.items():
        if id not in present:
            _add(backend, environment, one, account, region)
    for id, instance in present.items():
        is_ours = getattr(instance, "beanstalk", None) is not None
        if is_ours and id not in wanted and instance.state != "terminated":
            backend.terminate_instances([id])


def _ask(account: str, region: str, action: str, fields: dict[str, str]) -> Response:
    """A request to moto's EC2."""
    body = urlencode({"Action": action, "Version": VERSION, **fields}).encode()
    headers = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
    return moto_bridge.call(Request("POST", "/", headers, body), account, "ec2", region)


def _add(
    backend: Any, environment: Environment, one: Instance, account: str, region: str
) -> None:
    group = f"{environment.stack}-AWSEBSecurityGroup"
    description = "SecurityGroup for ElasticBeanstalk environment."
    _ask(
        account, region, "CreateSecurityGroup",
        {"GroupName": group, "GroupDescription": description},
    )
    tags = {
        "Name": environment.name,
        "elasticbeanstalk:environment-name": environment.name,
        "elasticbeanstalk:environment-id": environment.id,
    }
    fields = {
        "ImageId": IMAGE, "MinCount": "1", "MaxCount": "1", "InstanceType": one.type,
        "SecurityGroup.1": group, "Placement.AvailabilityZone": one.zone,
        "TagSpecification.1.ResourceType": "instance",
    }
    for index, (key, value) in enumerate(tags.items(), 1):
        fields[f"TagSpecification.1.Tag.{index}.Key"] = key
        fields[f"TagSpecification.1.Tag.{index}.Value"] = value
    key_name = environment.options.get(("aws:autoscaling:launchconfiguration", "EC2KeyName"))
    if key_name:
        fields["KeyName"] = key_name
    answer = _ask(account, region, "RunInstances", fields)
    made = ElementTree.fromstring(answer.body).findtext(".//{*}instanceId") or ""
    instance = backend.get_instance(made)
    # moto chooses ids itself; here the environment already has them.
    instance.id = one.id
    instance.beanstalk = environment.id
    if made in backend.tags:
        backend.tags[one.id] = backend.tags.pop(made)
    if instance.private_ip is not None:
        one.private_ip = instance.private_ip
    if instance.public_ip is not None:
        one.public_ip = instance.public_ip
