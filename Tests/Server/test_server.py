#!/usr/bin/env python3
"""The test server, tried from outside: by botocore, by raw requests and by the real EB CLI.

Run by Scripts/lib/check_server.py, in the environment that Scripts/lib/python_environment makes.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, SSLError

HERE = os.path.dirname(os.path.abspath(__file__))
ROBIN = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SOMEBODY = ("AKIAOTHERACCOUNTEXAMPLE", "k3yOfAnotherAccount/bPxRfiCYzEXAMPLEKEY0")
ACCOUNT = "123456789012"
STORAGE = f"elasticbeanstalk-us-east-1-{ACCOUNT}"
PYTHON = "64bit Amazon Linux 2023 v4.7.2 running Python 3.13"
ENHANCED = {
    "Namespace": "aws:elasticbeanstalk:healthreporting:system",
    "OptionName": "SystemType",
    "Value": "enhanced",
}
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def bundle(**files: str) -> bytes:
    """An archive of a small application and these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in {"app.py": "print('hello')\n", **files}.items():
            archive.writestr(name, text)
    return out.getvalue()


class ServerCase(unittest.TestCase):
    """One server for all tests; each starts with nothing in it."""

    process: subprocess.Popen[str]
    endpoint: str
    state: str
    authority: str | None
    #: What the server is started with besides.
    options: tuple[str, ...] = ()
    #: botocore reads its models anew for every session, which takes longer than most tests.
    session = boto3.Session()
    clients: dict[tuple[Any, ...], Any] = {}

    @classmethod
    def setUpClass(cls) -> None:
        cls.state = tempfile.mkdtemp(prefix="git-eb-server-")
        cls.process = subprocess.Popen(
            [
                sys.executable, os.path.join(HERE, "serve.py"), "--port", "0", "--until-eof",
                "--state", cls.state, "--step", "0.02", *cls.options,
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        assert cls.process.stdout is not None
        line = json.loads(cls.process.stdout.readline())
        cls.endpoint, cls.authority = line["endpoint"], line["ca_bundle"]

    @classmethod
    def tearDownClass(cls) -> None:
        assert cls.process.stdin is not None and cls.process.stdout is not None
        cls.process.stdin.close()
        cls.process.wait(10)
        cls.process.stdout.close()
        shutil.rmtree(cls.state, ignore_errors=True)

    def setUp(self) -> None:
        self.control("reset")
        self.control("settings", step=0.02)

    def control(self, call: str, /, **values: Any) -> Any:
        """A control call's answer."""
        address = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(address.netloc, timeout=60)
        if self.authority is not None:
            context = ssl.create_default_context(cafile=self.authority)
            connection = http.client.HTTPSConnection(address.netloc, timeout=60, context=context)
        connection.request("POST", f"/_control/{call}", json.dumps(values))
        answer = connection.getresponse()
        value = json.loads(answer.read())
        connection.close()
        self.assertEqual(answer.status, 200, value)
        return value

    def client(
        self, service: str, keys: tuple[str, ...] = ROBIN, region: str = "us-east-1",
        attempts: int = 1, **config: Any,
    ) -> Any:
        """botocore's client; it tries once unless told otherwise."""
        known = (service, self.endpoint, keys, region, attempts, *sorted(config.items()))
        if known not in self.clients:
            retries = {"total_max_attempts": attempts, "mode": "standard"}
            self.clients[known] = self.session.client(
                service, region, endpoint_url=self.endpoint, aws_access_key_id=keys[0],
                aws_secret_access_key=keys[1],
                aws_session_token=keys[2] if len(keys) > 2 else None,
                verify=self.authority,
                config=Config(retries=retries, read_timeout=10, **config),
            )
        return self.clients[known]

    def error(self, code: str, call: Any, **values: Any) -> dict[str, Any]:
        """The error that a call must end in."""
        with self.assertRaises(ClientError) as caught:
            call(**values)
        response: dict[str, Any] = caught.exception.response
        self.assertEqual(response["Error"]["Code"], code, response)
        return response

    def raw(
        self, method: str, target: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """An answer to exactly this request."""
        connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=10)
        with closing(connection):
            connection.putrequest(method, target, skip_host="Host" in headers)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
        return answer.status, dict(answer.getheaders()), content

    def signed(self, body: dict[str, str]) -> tuple[dict[str, str], bytes]:
        """The headers and body of a Query request."""
        data = urlencode(body).encode()
        request = AWSRequest("POST", self.endpoint + "/", data=data)
        request.headers["Content-Type"] = FORM
        SigV4Auth(Credentials(*ROBIN), "elasticbeanstalk", "us-east-1").add_auth(request)
        headers = dict(request.headers.items())
        headers["Content-Length"] = str(len(data))
        return headers, data

    # What many tests begin with

    def make_version(self, label: str = "v1", data: bytes | None = None, **more: Any) -> Any:
        """A version of the application "shop"."""
        beanstalk = self.client("elasticbeanstalk")
        beanstalk.create_storage_location()
        key = f"shop/{label}.zip"
        self.client("s3").put_object(
            Bucket=STORAGE, Key=key, Body=bundle() if data is None else data
        )
        return beanstalk.create_application_version(
            ApplicationName="shop", VersionLabel=label, AutoCreateApplication=True,
            SourceBundle={"S3Bucket": STORAGE, "S3Key": key}, **more,
        )["ApplicationVersion"]

    def make_environment(self, name: str = "shop-dev", label: str = "v1", **more: Any) -> Any:
        """An environment of "shop", launched."""
        settings = [ENHANCED, *more.pop("OptionSettings", [])]
        beanstalk = self.client("elasticbeanstalk")
        beanstalk.create_environment(
            ApplicationName="shop", EnvironmentName=name, VersionLabel=label,
            SolutionStackName=PYTHON, OptionSettings=settings, **more,
        )
        return self.settled(name)

    def settled(self, name: str = "shop-dev") -> Any:
        """The environment, once nothing is under way."""
        self.assertEqual(self.control("wait"), {"busy": []})
        found = self.client("elasticbeanstalk").describe_environments(EnvironmentNames=[name])
        return found["Environments"][0]

    def messages(self, name: str = "shop-dev", **more: Any) -> list[str]:
        """An environment's events, oldest first."""
        events = self.client("elasticbeanstalk").describe_events(
            EnvironmentName=name, **more
        )["Events"]
        return [event["Message"] for event in reversed(events)]


class LifeTests(ServerCase):
    """Applications, versions and environments, as botocore sees them."""

    def test_life_from_nothing_to_nothing(self) -> None:
        beanstalk = self.client("elasticbeanstalk")
        self.assertEqual(beanstalk.create_storage_location()["S3Bucket"], STORAGE)
        self.assertEqual(beanstalk.create_storage_location()["S3Bucket"], STORAGE)
        made = self.make_version(Tags=[{"Key": "commit", "Value": "0" * 40}])
        self.assertEqual(made["Status"], "UNPROCESSED")
        tags = beanstalk.list_tags_for_resource(ResourceArn=made["ApplicationVersionArn"])
        self.assertEqual(tags["ResourceTags"], [{"Key": "commit", "Value": "0" * 40}])
        created = beanstalk.create_environment(
            ApplicationName="shop", EnvironmentName="shop-dev", VersionLabel="v1",
            SolutionStackName=PYTHON,
        )
        self.assertEqual(created["Status"], "Launching")
        self.assertNotIn("CNAME", created)
        found = self.settled()
        self.assertEqual(
            (found["Status"], found["Health"], found["VersionLabel"]), ("Ready", "Green", "v1")
        )
        self.assertIn("CNAME", found)
        self.assertEqual(
            self.messages()[0], "createEnvironment is starting."
        )
        self.assertEqual(
            self.messages()[-1], "Successfully launched environment: shop-dev"
        )
        self.error(
            "SourceBundleDeletionFailure", beanstalk.delete_application_version,
            ApplicationName="shop", VersionLabel="v1",
        )
        beanstalk.terminate_environment(EnvironmentName="shop-dev")
        found = self.settled()
        self.assertEqual(found["Status"], "Terminated")
        self.assertEqual(
            beanstalk.describe_environments(IncludeDeleted=False)["Environments"], []
        )
        beanstalk.delete_application_version(
            ApplicationName="shop", VersionLabel="v1", DeleteSourceBundle=True
        )
        self.assertEqual(self.control("state")["buckets"][STORAGE]["objects"], {})

    def test_deployment_says_what_aws_says(self) -> None:
        self.make_version()
        self.make_environment()
        self.make_version("v2")
        beanstalk = self.client("elasticbeanstalk")
        answer = beanstalk.update_environment(EnvironmentName="shop-dev", VersionLabel="v2")
        self.assertEqual(answer["Status"], "Updating")
        request = answer["ResponseMetadata"]["RequestId"]
        self.assertTrue(answer["AbortableOperationInProgress"])
        self.assertEqual(self.settled()["VersionLabel"], "v2")
        self.assertEqual(
            self.messages(RequestId=request),
            [
                "Environment update is starting.",
                "Deploying new version to instance(s).",
                "Instance deployment completed successfully.",
                "New application version was deployed to running EC2 instances.",
                "Environment update completed successfully.",
                "Environment health has transitioned from Info to Ok.",
            ],
        )
        instances = beanstalk.describe_instances_health(
            EnvironmentName="shop-dev", AttributeNames=["All"]
        )["InstanceHealthList"]
        self.assertEqual([one["Deployment"]["VersionLabel"] for one in instances], ["v2"])

    def test_failed_deployment_goes_back_to_the_old_label(self) -> None:
        self.make_version()
        self.make_environment()
        self.make_version("v2", bundle(**{".test/fail-deployment": "npm: not found"}))
        beanstalk = self.client("elasticbeanstalk")
        beanstalk.update_environment(EnvironmentName="shop-dev", VersionLabel="v2")
        found = self.settled()
        self.assertEqual(
            (found["Status"], found["VersionLabel"], found["Health"]), ("Ready", "v1", "Red")
        )
        text = "\n".join(self.messages())
        self.assertIn("Instance deployment failed. For details, see 'eb-engine.log'.", text)
        self.assertIn("Command failed on instance. Return code: 1 Output: npm: not found", text)
        self.assertIn("Failed to deploy application.", text)
        severities = {
            event["Severity"]
            for event in beanstalk.describe_events(
                EnvironmentName="shop-dev", Severity="ERROR"
            )["Events"]
        }
        self.assertEqual(severities, {"ERROR"})
        beanstalk.request_environment_info(EnvironmentName="shop-dev", InfoType="tail")
        time.sleep(0.1)
        info = beanstalk.retrieve_environment_info(EnvironmentName="shop-dev", InfoType="tail")
        address = info["EnvironmentInfo"][0]["Message"].removeprefix(self.endpoint)
        status, _, body = self.raw("GET", address, {})
        self.assertEqual(status, 200)
        self.assertIn(b"[ERROR] npm: not found", body)
        status, _, _ = self.raw("GET", address.replace("Signature=", "Signature=0"), {})
        self.assertEqual(status, 403)

    def test_failures_can_be_chosen_by_control(self) -> None:
        self.make_version()
        self.make_environment()
        self.control("behaviour", kind="fail-deployment", value="out of disk", times=1)
        self.control("behaviour", kind="green-after-failure")
        beanstalk = self.client("elasticbeanstalk")
        self.make_version("v2")
        beanstalk.update_environment(EnvironmentName="shop-dev", VersionLabel="v2")
        found = self.settled()
        self.assertEqual((found["VersionLabel"], found["Health"]), ("v1", "Green"))
        beanstalk.update_environment(EnvironmentName="shop-dev", VersionLabel="v2")
        self.assertEqual(self.settled()["VersionLabel"], "v2")
        self.control("environment", name="shop-dev", health="Red", health_status="Severe")
        self.assertEqual(self.settled()["Health"], "Red")

    def test_policies_show_on_the_instances(self) -> None:
        self.make_version()
        three = {"Namespace": "aws:autoscaling:asg", "OptionName": "MinSize", "Value": "3"}
        command = "aws:elasticbeanstalk:command"
        size = {"Namespace": command, "OptionName": "BatchSize", "Value": "1"}
        kind = {"Namespace": command, "OptionName": "BatchSizeType", "Value": "Fixed"}
        self.make_environment(OptionSettings=[three, size, kind])
        beanstalk = self.client("elasticbeanstalk")

        def instances() -> dict[str, str]:
            listed = beanstalk.describe_instances_health(
                EnvironmentName="shop-dev", AttributeNames=["Deployment"]
            )["InstanceHealthList"]
            return {one["InstanceId"]: one["Deployment"]["VersionLabel"] for one in listed}

        first = instances()
        self.assertEqual(len(first), 3)
        replaced = {"AllAtOnce": 0, "Rolling": 0, "RollingWithAdditionalBatch": 1,
                    "Immutable": 3, "TrafficSplitting": 3}
        for policy, count in replaced.items():
            with self.subTest(policy=policy):
                before = set(instances())
                label = policy.lower()
                self.make_version(label)
                chosen = {
                    "Namespace": command, "OptionName": "DeploymentPolicy", "Value": policy
                }
                beanstalk.update_environment(
                    EnvironmentName="shop-dev", VersionLabel=label, OptionSettings=[chosen]
                )
                self.settled()
                after = instances()
                self.assertEqual(set(after.values()), {label})
                self.assertEqual(len(before - set(after)), count)
        self.make_version("bad", bundle(**{".test/fail-deployment": "no"}))
        beanstalk.update_environment(EnvironmentName="shop-dev", VersionLabel="bad")
        self.settled()
        self.assertEqual(set(instances().values()), {"trafficsplitting"})
        rolling = {"Namespace": command, "OptionName": "DeploymentPolicy", "Value": "Rolling"}
        self.make_version(
            "half", bundle(**{".test/fail-deployment": "no", ".test/fail-on": "2"})
        )
        beanstalk.update_environment(
            EnvironmentName="shop-dev", VersionLabel="half", OptionSettings=[rolling]
        )
        self.assertEqual(self.settled()["VersionLabel"], "trafficsplitting")
        self.assertEqual(sorted(instances().values()), ["half", "half", "trafficsplitting"])

    def test_busy_environments_refuse(self) -> None:
        self.make_version()
        self.make_environment()
        self.control("settings", step=2)
        beanstalk = self.client("elasticbeanstalk")
        message = "Environment named shop-dev is in an invalid state for this operation. "
        found = self.error(
            "InvalidParameterValue", beanstalk.abort_environment_update,
            EnvironmentName="shop-dev",
        )
        self.assertEqual(found["Error"]["Message"], message + "Must be pending deployment.")
        beanstalk.update_environment(EnvironmentName="shop-dev", VersionLabel="v1")
        found = self.error(
            "InvalidParameterValue", beanstalk.update_environment, EnvironmentName="shop-dev",
            VersionLabel="v1",
        )
        self.assertEqual(found["Error"]["Message"], message + "Must be Ready.")
        found = self.error(
            "InvalidParameterValue", beanstalk.terminate_environment, EnvironmentName="shop-dev"
        )
        self.assertIn("It is currently pending deployment.", found["Error"]["Message"])
        beanstalk.abort_environment_update(EnvironmentName="shop-dev")
        self.control("clock", jump=20)
        self.assertEqual(self.settled()["Status"], "Ready")
        self.assertIn(
            "The environment was reverted to the previous configuration setting.",
            self.messages(),
        )

    def test_what_is_missing_is_named(self) -> None:
        beanstalk = self.client("elasticbeanstalk")
        beanstalk.create_storage_location()
        source = {"S3Bucket": STORAGE, "S3Key": "none.zip"}
        found = self.error(
            "InvalidParameterValue", beanstalk.create_application_version,
            ApplicationName="shop", VersionLabel="v1", SourceBundle=source,
        )
        self.assertEqual(found["Error"]["Message"], "No Application named 'shop' found.")
        found = self.error(
            "InvalidParameterCombination", beanstalk.create_application_version,
            ApplicationName="shop", VersionLabel="v1", SourceBundle=source,
            AutoCreateApplication=True,
        )
        self.assertEqual(
            found["Error"]["Message"],
            f"Unable to download from S3 location (Bucket: {STORAGE}  Key: none.zip). "
            "Reason: Not Found",
        )
        self.assertEqual(beanstalk.describe_applications()["Applications"], [])
        self.make_version()
        found = self.error(
            "InvalidParameterValue", beanstalk.create_application_version,
            ApplicationName="shop", VersionLabel="v1",
        )
        self.assertEqual(found["Error"]["Message"], "Application Version v1 already exists.")
        found = self.error(
            "InvalidParameterValue", beanstalk.update_environment, EnvironmentName="none"
        )
        self.assertEqual(
            found["Error"]["Message"], "No Environment found for EnvironmentName = 'none'."
        )
        found = self.error(
            "InvalidParameterValue", beanstalk.create_environment, ApplicationName="shop",
            EnvironmentName="shop-dev", SolutionStackName=PYTHON, VersionLabel="none",
        )
        self.assertEqual(
            found["Error"]["Message"], "No Application Version named 'none' found."
        )
        found = self.error(
            "ConfigurationValidationException", beanstalk.create_environment,
            ApplicationName="shop", EnvironmentName="shop-dev", SolutionStackName=PYTHON,
            OptionSettings=[{"Namespace": "aws:none", "OptionName": "x", "Value": "y"}],
        )
        self.assertEqual(
            found["Error"]["Message"],
            "Configuration validation exception: Invalid option specification (Namespace: "
            "'aws:none', OptionName: 'x'): Unknown configuration setting.",
        )
        self.control("object", bucket=STORAGE, key="big.zip", size=11)
        self.control("settings", largest_bundle=10)
        found = self.error(
            "InvalidParameterValue", beanstalk.create_application_version,
            ApplicationName="shop", VersionLabel="v2",
            SourceBundle={"S3Bucket": STORAGE, "S3Key": "big.zip"},
        )
        self.assertEqual(
            found["Error"]["Message"],
            "Source bundle is empty or exceeds maximum allowed size: 10.",
        )
        self.control("bucket", name="far-away", region="eu-west-1")
        self.control("object", bucket="far-away", key="a.zip", size=5)
        found = self.error(
            "InvalidParameterCombination", beanstalk.create_application_version,
            ApplicationName="shop", VersionLabel="v2",
            SourceBundle={"S3Bucket": "far-away", "S3Key": "a.zip"},
        )
        self.assertIn("The bucket is in this region: eu-west-1.", found["Error"]["Message"])

    def test_processing_finds_broken_extensions(self) -> None:
        broken = bundle(**{".ebextensions/a.config": "option_settings:\n\t- a: b\n"})
        made = self.make_version("v1", broken, Process=True)
        self.assertEqual(made["Status"], "PROCESSING")
        self.control("wait")
        beanstalk = self.client("elasticbeanstalk")
        versions = beanstalk.describe_application_versions()["ApplicationVersions"]
        self.assertEqual(versions[0]["Status"], "FAILED")
        self.make_version("v2", Process=True)
        self.control("wait")
        versions = beanstalk.describe_application_versions(VersionLabels=["v2"])
        self.assertEqual(versions["ApplicationVersions"][0]["Status"], "PROCESSED")
        self.make_environment(label="v2")
        self.make_version("v3", broken)
        beanstalk.update_environment(EnvironmentName="shop-dev", VersionLabel="v3")
        self.assertEqual(self.settled()["VersionLabel"], "v2")
        start = (
            "The configuration file .ebextensions/a.config in application version v3 contains "
            "invalid YAML or JSON. YAML exception: "
        )
        self.assertTrue(any(message.startswith(start) for message in self.messages()))

    def test_events_are_paged_without_gaps(self) -> None:
        self.make_version()
        self.make_environment()
        beanstalk = self.client("elasticbeanstalk")
        self.control("event", environment="shop-dev", message="one of many", count=25)
        seen: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = beanstalk.describe_events(EnvironmentName="shop-dev", MaxRecords=10, **token)
            seen += [f"{event['EventDate']}{event['Message']}" for event in page["Events"]]
            self.control("event", environment="shop-dev", message="meanwhile")
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        self.assertEqual(sum("one of many" in line for line in seen), 25)
        self.assertFalse(any("meanwhile" in line for line in seen))
        newest = beanstalk.describe_events(EnvironmentName="shop-dev")["Events"][0]
        date = newest["EventDate"]
        inclusive = beanstalk.describe_events(StartTime=date)["Events"]
        self.assertIn(newest["Message"], [event["Message"] for event in inclusive])
        exclusive = beanstalk.describe_events(EndTime=date)["Events"]
        self.assertFalse(any(event["EventDate"] >= date for event in exclusive))

    def test_names_are_swapped(self) -> None:
        self.make_version()
        self.make_environment("shop-blue", CNAMEPrefix="shop-example")
        beanstalk = self.client("elasticbeanstalk")
        free = beanstalk.check_dns_availability(CNAMEPrefix="shop-example")
        self.assertFalse(free["Available"])
        found = self.error(
            "InvalidParameterValue", beanstalk.create_environment, ApplicationName="shop",
            EnvironmentName="shop-x", SolutionStackName=PYTHON, CNAMEPrefix="shop-example",
        )
        self.assertEqual(
            found["Error"]["Message"],
            "DNS name (shop-example.us-east-1.elasticbeanstalk.com) is not available.",
        )
        green = self.make_environment("shop-green")["CNAME"]
        beanstalk.swap_environment_cnames(
            SourceEnvironmentName="shop-green", DestinationEnvironmentName="shop-blue"
        )
        self.assertEqual(
            self.settled("shop-green")["CNAME"],
            "shop-example.us-east-1.elasticbeanstalk.com",
        )
        self.assertEqual(self.settled("shop-blue")["CNAME"], green)

    def test_saved_configurations_make_environments(self) -> None:
        self.make_version()
        variable = {
            "Namespace": "aws:elasticbeanstalk:application:environment",
            "OptionName": "COLOUR", "Value": "blue",
        }
        found = self.make_environment(OptionSettings=[variable])
        beanstalk = self.client("elasticbeanstalk")
        beanstalk.create_configuration_template(
            ApplicationName="shop", TemplateName="saved", EnvironmentId=found["EnvironmentId"]
        )
        beanstalk.create_environment(
            ApplicationName="shop", EnvironmentName="shop-two", TemplateName="saved",
            VersionLabel="v1",
        )
        self.settled("shop-two")
        settings = beanstalk.describe_configuration_settings(
            ApplicationName="shop", EnvironmentName="shop-two"
        )["ConfigurationSettings"][0]["OptionSettings"]
        self.assertIn(variable, [
            {name: one[name] for name in ("Namespace", "OptionName", "Value") if name in one}
            for one in settings
        ])
        beanstalk.update_environment(
            EnvironmentName="shop-two",
            OptionsToRemove=[{"Namespace": variable["Namespace"], "OptionName": "COLOUR"}],
        )
        self.settled("shop-two")
        settings = beanstalk.describe_configuration_settings(
            ApplicationName="shop", EnvironmentName="shop-two"
        )["ConfigurationSettings"][0]["OptionSettings"]
        self.assertFalse(any(one["OptionName"] == "COLOUR" for one in settings))
        beanstalk.delete_configuration_template(ApplicationName="shop", TemplateName="saved")

    def test_an_instance_profile_must_exist(self) -> None:
        self.make_version()
        self.control("settings", require_instance_profile=1)
        self.make_environment("shop-none")
        self.assertIn(
            "Environment must have instance profile associated with it.",
            self.messages("shop-none"),
        )
        profile = {
            "Namespace": "aws:autoscaling:launchconfiguration",
            "OptionName": "IamInstanceProfile", "Value": "shop-profile",
        }
        found = self.error(
            "ConfigurationValidationException",
            self.client("elasticbeanstalk").create_environment, ApplicationName="shop",
            EnvironmentName="shop-dev", SolutionStackName=PYTHON, OptionSettings=[profile],
        )
        self.assertIn("The instance profile shop-profile does not exist.", str(found))
        self.client("iam").create_instance_profile(InstanceProfileName="shop-profile")
        self.assertEqual(self.make_environment(OptionSettings=[profile])["Health"], "Green")

    def test_instances_are_in_ec2_with_addresses(self) -> None:
        self.make_version()
        self.make_environment()
        resources = self.client("elasticbeanstalk").describe_environment_resources(
            EnvironmentName="shop-dev"
        )["EnvironmentResources"]
        ids = [one["Id"] for one in resources["Instances"]]
        ec2 = self.client("ec2")
        reservations = ec2.describe_instances(InstanceIds=ids)["Reservations"]
        instances = [one for group in reservations for one in group["Instances"]]
        self.assertEqual([one["InstanceId"] for one in instances], ids)
        self.assertTrue(all(one["PrivateIpAddress"] for one in instances))

    def test_codecommit_has_branches(self) -> None:
        commit = "1234567890" * 4
        self.control("codecommit", repository="shop", branch="main", commit=commit)
        codecommit = self.client("codecommit")
        branch = codecommit.get_branch(repositoryName="shop", branchName="main")["branch"]
        self.assertEqual(branch["commitId"], commit)
        self.error(
            "BranchDoesNotExistException", codecommit.get_branch, repositoryName="shop",
            branchName="none",
        )
        beanstalk = self.client("elasticbeanstalk")
        made = beanstalk.create_application_version(
            ApplicationName="shop", VersionLabel="v1", AutoCreateApplication=True,
            SourceBuildInformation={
                "SourceType": "Git", "SourceRepository": "CodeCommit",
                "SourceLocation": f"shop/{commit}",
            },
        )["ApplicationVersion"]
        self.assertEqual(made["Status"], "PROCESSING")

    def test_platforms_are_listed(self) -> None:
        beanstalk = self.client("elasticbeanstalk")
        listed = beanstalk.list_platform_versions(
            Filters=[
                {"Type": "PlatformBranchName", "Operator": "=",
                 "Values": ["Python 3.13 running on 64bit Amazon Linux 2023"]},
                {"Type": "PlatformLifecycleState", "Operator": "=", "Values": ["Recommended"]},
            ]
        )["PlatformSummaryList"]
        self.assertEqual([one["PlatformVersion"] for one in listed], ["4.7.2"])
        whole = beanstalk.describe_platform_version(PlatformArn=listed[0]["PlatformArn"])
        self.assertEqual(whole["PlatformDescription"]["SolutionStackName"], PYTHON)
        branches = beanstalk.list_platform_branches()["PlatformBranchSummaryList"]
        self.assertIn("Deprecated", {one["LifecycleState"] for one in branches})


class RequestTests(ServerCase):
    """Signatures, the model, faults."""

    DESCRIBE = {"Action": "DescribeApplications", "Version": "2010-12-01"}

    def test_unknown_members_are_refused_and_remembered(self) -> None:
        headers, body = self.signed({**self.DESCRIBE, "Surprise.member.1": "x"})
        status, answer_headers, content = self.raw("POST", "/", headers, body)
        self.assertEqual(status, 400)
        self.assertIn(b"<Code>ValidationError</Code>", content)
        self.assertIn("Date", answer_headers)
        log = self.control("log")["requests"]
        self.assertEqual(log[-1]["unknown_members"], ["Surprise.member.1"])

    def test_constraints_have_awss_words(self) -> None:
        beanstalk = self.client("elasticbeanstalk", parameter_validation=False)
        found = self.error(
            "ValidationError", beanstalk.create_environment, ApplicationName="shop",
            EnvironmentName="abc", SolutionStackName=PYTHON,
        )
        self.assertEqual(
            found["Error"]["Message"],
            "1 validation error detected: Value 'abc' at 'environmentName' failed to satisfy "
            "constraint: Member must have length greater than or equal to 4",
        )
        found = self.error("ValidationError", beanstalk.create_application)
        self.assertIn("Value null at 'applicationName'", found["Error"]["Message"])

    def test_signatures_are_verified(self) -> None:
        headers, body = self.signed(self.DESCRIBE)
        self.assertEqual(self.raw("POST", "/", headers, body)[0], 200)
        broken = dict(headers)
        broken["Authorization"] = headers["Authorization"][:-1] + (
            "0" if headers["Authorization"][-1] != "0" else "1"
        )
        status, _, content = self.raw("POST", "/", broken, body)
        self.assertEqual(status, 403)
        self.assertIn(b"<Code>SignatureDoesNotMatch</Code>", content)
        other = body.replace(b"DescribeApplications", b"DescribeEnvironments")
        headers["Content-Length"] = str(len(other))
        self.assertEqual(self.raw("POST", "/", headers, other)[0], 403)
        unsigned = {"Content-Type": FORM, "Content-Length": str(len(body))}
        status, _, content = self.raw("POST", "/", unsigned, body)
        self.assertIn(b"MissingAuthenticationToken", content)
        extra, body = self.signed(self.DESCRIBE)
        extra["X-Amz-Extra"] = "not signed"
        self.assertEqual(self.raw("POST", "/", extra, body)[0], 403)
        self.error(
            "InvalidClientTokenId",
            self.client("elasticbeanstalk", ("AKIAUNKNOWN", "x")).describe_applications,
        )
        self.error(
            "InvalidAccessKeyId", self.client("s3", ("AKIAUNKNOWN", "x")).list_buckets
        )

    def test_clocks_must_agree(self) -> None:
        self.control("clock", shift=360)
        found = self.error(
            "SignatureDoesNotMatch", self.client("elasticbeanstalk").describe_applications
        )
        self.assertIn("Signature expired: ", found["Error"]["Message"])
        date = found["ResponseMetadata"]["HTTPHeaders"]["date"]
        served = datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(
            tzinfo=timezone.utc
        )
        self.assertGreater(served, datetime.now(timezone.utc) + timedelta(minutes=5))
        self.client("s3").list_buckets()
        self.control("clock", shift=-960)
        found = self.error(
            "SignatureDoesNotMatch", self.client("elasticbeanstalk").describe_applications
        )
        self.assertIn("Signature not yet current: ", found["Error"]["Message"])
        self.control("bucket", name="shop-bucket")
        self.error(
            "RequestTimeTooSkewed", self.client("s3").put_object, Bucket="shop-bucket", Key="a"
        )

    def test_session_tokens_expire(self) -> None:
        made = self.control("issue-keys", seconds=60)
        keys = (made["access_key"], made["secret"], made["token"])
        beanstalk = self.client("elasticbeanstalk", keys)
        beanstalk.describe_applications()
        self.error(
            "InvalidClientTokenId",
            self.client("elasticbeanstalk", keys[:2]).describe_applications,
        )
        self.control("expire")
        found = self.error("ExpiredToken", beanstalk.describe_applications)
        self.assertEqual(found["ResponseMetadata"]["HTTPStatusCode"], 403)
        self.control("bucket", name="shop-bucket")
        found = self.error(
            "ExpiredToken", self.client("s3", keys).get_object, Bucket="shop-bucket", Key="a"
        )
        self.assertEqual(found["ResponseMetadata"]["HTTPStatusCode"], 400)

    def test_sts_knows_who_calls(self) -> None:
        sts = self.client("sts")
        self.assertEqual(
            sts.get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/robin"
        )
        role = f"arn:aws:iam::{ACCOUNT}:role/deployer"
        made = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        keys = (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        self.assertEqual(
            self.client("sts", keys).get_caller_identity()["Arn"],
            f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/test",
        )
        self.control("tokens", roles=[{"name": "deployer", "external_id": "secret"}])
        self.error("AccessDenied", sts.assume_role, RoleArn=role, RoleSessionName="test")
        sts.assume_role(RoleArn=role, RoleSessionName="test", ExternalId="secret")
        sts.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="test", WebIdentityToken="a-web-identity-token"
        )
        self.error(
            "InvalidIdentityToken", sts.assume_role_with_web_identity, RoleArn=role,
            RoleSessionName="test", WebIdentityToken="another",
        )

    def test_machines_get_credentials(self) -> None:
        status, _, token = self.raw(
            "PUT", "/latest/api/token",
            {"X-aws-ec2-metadata-token-ttl-seconds": "60", "Content-Length": "0"},
        )
        self.assertEqual(status, 200)
        place = "/latest/meta-data/iam/security-credentials/"
        self.assertEqual(self.raw("GET", place, {})[0], 401)
        headers = {"X-aws-ec2-metadata-token": token.decode()}
        role = self.raw("GET", place, headers)[2].decode()
        made = json.loads(self.raw("GET", place + role, headers)[2])
        keys = (made["AccessKeyId"], made["SecretAccessKey"], made["Token"])
        self.client("elasticbeanstalk", keys).describe_applications()
        self.assertEqual(self.raw("GET", "/container/credentials", {})[0], 403)
        status, _, body = self.raw(
            "GET", "/container/credentials", {"Authorization": "a-container-token"}
        )
        made = json.loads(body)
        keys = (made["AccessKeyId"], made["SecretAccessKey"], made["Token"])
        self.client("elasticbeanstalk", keys).describe_applications()

    def test_single_sign_on_gives_credentials(self) -> None:
        refresh = json.dumps(
            {
                "clientId": "an-sso-client", "clientSecret": "an-sso-client-secret",
                "grantType": "refresh_token", "refreshToken": "an-sso-refresh-token",
            }
        ).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(refresh))}
        status, _, body = self.raw("POST", "/token", headers, refresh)
        self.assertEqual(status, 200)
        place = f"/federation/credentials?account_id={ACCOUNT}&role_name=Deployer"
        bearer = {"x-amz-sso_bearer_token": json.loads(body)["accessToken"]}
        status, _, body = self.raw("GET", place, bearer)
        made = json.loads(body)["roleCredentials"]
        keys = (made["accessKeyId"], made["secretAccessKey"], made["sessionToken"])
        self.client("elasticbeanstalk", keys).describe_applications()
        # The first token ended when it was refreshed.
        old = {"x-amz-sso_bearer_token": "an-sso-access-token"}
        self.assertEqual(self.raw("GET", place, old)[0], 401)

    def test_faults_happen_as_often_as_asked(self) -> None:
        beanstalk = self.client("elasticbeanstalk")
        for action, code, status in (
            ("throttle", "Throttling", 400), ("500", "InternalFailure", 500),
            ("expired", "ExpiredToken", 403), ("slowdown", "SlowDown", 503),
        ):
            self.control("faults", rules=[{"action": action}])
            found = self.error(code, beanstalk.describe_applications)
            self.assertEqual(found["ResponseMetadata"]["HTTPStatusCode"], status)
            beanstalk.describe_applications()
        self.control(
            "faults",
            rules=[{"action": "throttle", "operation": "DescribeEvents", "nth": 2,
                    "retry_after": 7}],
        )
        beanstalk.describe_applications()
        beanstalk.describe_events()
        found = self.error("Throttling", beanstalk.describe_events)
        self.assertEqual(found["ResponseMetadata"]["HTTPHeaders"]["retry-after"], "7")
        beanstalk.describe_events()

    def test_faults_cut_before_and_after(self) -> None:
        for action, processed in (
            ("reset-before", False), ("close-before", False), ("reset-after", True),
            ("close-after", True), ("truncate", True),
        ):
            with self.subTest(action=action):
                self.control("reset")
                self.control("faults", rules=[{"action": action}])
                body = {"Action": "CreateApplication", "Version": "2010-12-01",
                        "ApplicationName": "shop"}
                headers, data = self.signed(body)
                with self.assertRaises((OSError, http.client.HTTPException)):
                    self.raw("POST", "/", headers, data)
                entry = self.control("log")["requests"][0]
                self.assertEqual(entry["fault"], action)
                self.assertEqual(entry["processed"], processed)
                regions = self.control("state")["regions"]
                made = [one["applications"] for one in regions if one["applications"]]
                self.assertEqual(bool(made), processed)

    def test_stalls_end_when_faults_do(self) -> None:
        self.control("faults", rules=[{"action": "stall-middle", "times": None}])
        headers, data = self.signed(self.DESCRIBE)
        address = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(address.netloc, timeout=0.5)
        connection.request("POST", "/", data, headers)
        answer = connection.getresponse()
        with self.assertRaises(TimeoutError):
            answer.read()
        connection.close()
        self.control("clear-faults")
        self.client("elasticbeanstalk").describe_applications()

    def test_nothing_is_answered_after_a_number(self) -> None:
        self.control(
            "faults", rules=[{"action": "reset-before", "after": 2, "times": None}]
        )
        beanstalk = self.client("elasticbeanstalk")
        beanstalk.describe_applications()
        beanstalk.describe_applications()
        with self.assertRaises(Exception):
            beanstalk.describe_applications()
        self.assertEqual(
            [one["fault"] for one in self.control("log")["requests"]],
            [None, None, "reset-before"],
        )

    def test_accounts_do_not_meet(self) -> None:
        made = self.control("new-account")
        keys = (made["access_key"], made["secret"])
        mine, theirs = self.client("elasticbeanstalk"), self.client("elasticbeanstalk", keys)
        theirs.create_application(ApplicationName="shop")
        self.assertEqual(mine.describe_applications()["Applications"], [])
        self.control(
            "faults", rules=[{"action": "throttle", "account": made["account"], "after": 1,
                              "times": None}],
        )
        theirs.describe_applications()
        self.error("Throttling", theirs.describe_applications)
        mine.describe_applications()
        log = self.control("log", account=made["account"])["requests"]
        self.assertEqual([one["fault"] for one in log], [None, None, "throttle"])
        state = self.control("state", account=made["account"])
        self.assertEqual([one["account"] for one in state["regions"]], [made["account"]])

    def test_chance_is_repeatable(self) -> None:
        def run() -> list[str | None]:
            self.control("reset")
            self.control(
                "faults", seed=7,
                rules=[{"action": "throttle", "probability": 0.5, "times": None}],
            )
            beanstalk = self.client("elasticbeanstalk")
            for _ in range(20):
                try:
                    beanstalk.describe_applications()
                except ClientError:
                    continue
            return [one["fault"] for one in self.control("log")["requests"]]

        first = run()
        self.assertEqual(set(first), {None, "throttle"})
        self.assertEqual(run(), first)


class StorageTests(ServerCase):
    """What S3 insists on and moto does not."""

    BUCKET = "shop-bucket"
    PART = 5 * 1024 * 1024

    def setUp(self) -> None:
        super().setUp()
        self.control("bucket", name=self.BUCKET)

    def put(self, headers: dict[str, str], body: bytes, target: str = "/shop-bucket/a") -> Any:
        """A signed PUT with exactly these headers."""
        request = AWSRequest("PUT", self.endpoint + target, data=body, headers=headers)
        stated = headers.get("x-amz-content-sha256", hashlib.sha256(body).hexdigest())
        auth = S3SigV4Auth(Credentials(*ROBIN), "s3", "us-east-1")
        auth.payload = lambda request: stated
        auth.add_auth(request)
        sent = dict(request.headers.items())
        sent["Content-Length"] = str(len(body))
        return self.raw("PUT", target, sent, body)

    def test_digests_are_compared(self) -> None:
        self.assertEqual(self.put({}, b"hello")[0], 200)
        wrong = hashlib.sha256(b"other").hexdigest()
        status, _, body = self.put({"x-amz-content-sha256": wrong}, b"hello")
        self.assertEqual(status, 400)
        self.assertIn(b"XAmzContentSHA256Mismatch", body)
        for name in ("sha256", "sha1"):
            good = base64.b64encode(hashlib.new(name, b"hello").digest()).decode()
            bad = base64.b64encode(hashlib.new(name, b"other").digest()).decode()
            self.assertEqual(self.put({f"x-amz-checksum-{name}": good}, b"hello")[0], 200)
            status, _, body = self.put({f"x-amz-checksum-{name}": bad}, b"hello")
            self.assertIn(b"BadDigest", body)
        md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
        self.assertIn(b"BadDigest", self.put({"Content-MD5": md5}, b"hello")[2])

    def test_every_checksum_of_botocores_is_accepted(self) -> None:
        s3 = self.client("s3")
        for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
            answer = s3.put_object(
                Bucket=self.BUCKET, Key=name, Body=b"hello", ChecksumAlgorithm=name
            )
            self.assertIn(f"Checksum{name}", answer)
            head = s3.head_object(Bucket=self.BUCKET, Key=name, ChecksumMode="ENABLED")
            self.assertEqual(head[f"Checksum{name}"], answer[f"Checksum{name}"])

    def test_parts_must_be_large_enough_and_in_order(self) -> None:
        s3 = self.client("s3")
        upload = s3.create_multipart_upload(
            Bucket=self.BUCKET, Key="big", ChecksumAlgorithm="SHA256",
            Metadata={"digest": "x"},
        )["UploadId"]
        values = {"Bucket": self.BUCKET, "Key": "big", "UploadId": upload}
        parts = []
        for number, size in ((1, self.PART), (3, 10), (7, self.PART)):
            answer = s3.upload_part(
                **values, PartNumber=number, Body=bytes(size), ChecksumAlgorithm="SHA256"
            )
            parts.append(
                {"PartNumber": number, "ETag": answer["ETag"],
                 "ChecksumSHA256": answer["ChecksumSHA256"]}
            )
        page = s3.list_parts(**values, MaxParts=2)
        self.assertEqual([one["PartNumber"] for one in page["Parts"]], [1, 3])
        page = s3.list_parts(**values, PartNumberMarker=page["NextPartNumberMarker"])
        self.assertEqual([one["PartNumber"] for one in page["Parts"]], [7])
        complete = s3.complete_multipart_upload

        def chosen(*numbers: int) -> dict[str, Any]:
            return {"Parts": [parts[(1, 3, 7).index(number)] for number in numbers]}

        self.error("EntityTooSmall", complete, **values, MultipartUpload=chosen(1, 3, 7))
        self.error("InvalidPartOrder", complete, **values, MultipartUpload=chosen(7, 1))
        wrong = [{**parts[0], "ETag": '"0"'}]
        self.error("InvalidPart", complete, **values, MultipartUpload={"Parts": wrong})
        self.error(
            "NoSuchUpload", s3.upload_part, Bucket=self.BUCKET, Key="other", UploadId=upload,
            PartNumber=1, Body=b"x",
        )
        self.error(
            "InvalidArgument", s3.upload_part, **values, PartNumber=10001, Body=b"x"
        )
        answer = complete(**values, MultipartUpload=chosen(1, 7))
        self.assertTrue(answer["ETag"].endswith('-2"'))
        self.assertTrue(answer["ChecksumSHA256"].endswith("-2"))
        head = s3.head_object(Bucket=self.BUCKET, Key="big", ChecksumMode="ENABLED")
        self.assertEqual(head["ContentLength"], 2 * self.PART)
        self.assertEqual(head["Metadata"], {"digest": "x"})
        self.assertEqual(head["ChecksumSHA256"], answer["ChecksumSHA256"])
        self.error("NoSuchUpload", complete, **values, MultipartUpload=chosen(1, 7))

    def test_uploads_are_listed_and_aborted(self) -> None:
        s3 = self.client("s3")
        ids = [
            s3.create_multipart_upload(Bucket=self.BUCKET, Key=f"shop/{name}")["UploadId"]
            for name in ("a", "b", "b", "c")
        ]
        found = []
        marker: dict[str, str] = {}
        while True:
            page = s3.list_multipart_uploads(
                Bucket=self.BUCKET, Prefix="shop/", MaxUploads=2, **marker
            )
            found += [one["UploadId"] for one in page.get("Uploads", [])]
            if not page["IsTruncated"]:
                break
            marker = {"KeyMarker": page["NextKeyMarker"],
                      "UploadIdMarker": page["NextUploadIdMarker"]}
        self.assertEqual(sorted(found), sorted(ids))
        s3.abort_multipart_upload(Bucket=self.BUCKET, Key="shop/a", UploadId=ids[0])
        self.error(
            "NoSuchUpload", s3.abort_multipart_upload, Bucket=self.BUCKET, Key="shop/a",
            UploadId=ids[0],
        )
        state = self.control("state")["buckets"][self.BUCKET]
        self.assertEqual(len(state["uploads"]), 3)

    def test_encryption_is_kept(self) -> None:
        s3 = self.client("s3")
        answer = s3.put_object(
            Bucket=self.BUCKET, Key="a", Body=b"x", ServerSideEncryption="aws:kms",
            SSEKMSKeyId="alias/shop",
        )
        self.assertEqual(answer["ServerSideEncryption"], "aws:kms")
        state = self.control("state")["buckets"][self.BUCKET]["objects"]["a"]
        self.assertEqual((state["encryption"], state["kms_key"]), ("aws:kms", "alias/shop"))

    def test_conditions_hold(self) -> None:
        s3 = self.client("s3")
        s3.put_object(Bucket=self.BUCKET, Key="a", Body=b"x", IfNoneMatch="*")
        found = self.error(
            "PreconditionFailed", s3.put_object, Bucket=self.BUCKET, Key="a", Body=b"y",
            IfNoneMatch="*",
        )
        self.assertEqual(found["ResponseMetadata"]["HTTPStatusCode"], 412)
        self.assertEqual(s3.get_object(Bucket=self.BUCKET, Key="a")["Body"].read(), b"x")

    def test_buckets_belong_to_somebody_somewhere(self) -> None:
        s3 = self.client("s3")
        self.control("bucket", name="far-away", region="eu-west-1")
        self.control("bucket", name="not-ours", account="210987654321")
        self.error("AccessDenied", s3.put_object, Bucket="not-ours", Key="a")
        self.client("s3", SOMEBODY).put_object(Bucket="not-ours", Key="a", Body=b"x")
        self.error(
            "AccessDenied", s3.put_object, Bucket=self.BUCKET, Key="a",
            ExpectedBucketOwner="210987654321",
        )
        self.error("NoSuchBucket", s3.list_objects_v2, Bucket="nowhere")
        status, headers, body = self.put({}, b"x", "/far-away/a")
        self.assertEqual((status, headers["x-amz-bucket-region"]), (301, "eu-west-1"))
        self.assertIn(b"PermanentRedirect", body)
        self.control("settings", redirect="malformed")
        status, headers, body = self.put({}, b"x", "/far-away/a")
        self.assertEqual(status, 400)
        self.assertIn(b"AuthorizationHeaderMalformed", body)
        self.client("s3", region="eu-west-1").put_object(Bucket="far-away", Key="a", Body=b"x")

    def test_hosts_may_name_the_bucket(self) -> None:
        s3 = self.client("s3")
        s3.put_object(Bucket=self.BUCKET, Key="folder/a", Body=b"x")
        address = urlsplit(self.endpoint)
        host = f"{self.BUCKET}.localhost:{address.port}"
        request = AWSRequest("GET", f"http://{host}/folder/a")
        S3SigV4Auth(Credentials(*ROBIN), "s3", "us-east-1").add_auth(request)
        headers = {**dict(request.headers.items()), "Host": host}
        self.assertEqual(self.raw("GET", "/folder/a", headers)[::2], (200, b"x"))

    def test_an_early_error_comes_instead_of_continue(self) -> None:
        address = urlsplit(self.endpoint)
        with socket.create_connection((address.hostname or "", address.port or 0), 5) as sock:
            sock.sendall(
                b"PUT /shop-bucket/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
                b"Expect: 100-continue\r\n\r\n"
            )
            answer = sock.recv(65536)
        self.assertTrue(answer.startswith(b"HTTP/1.1 403 "), answer)

    def test_a_complete_upload_can_fail_with_200(self) -> None:
        s3 = self.client("s3")
        values = {"Bucket": self.BUCKET, "Key": "big"}
        upload = s3.create_multipart_upload(**values)["UploadId"]
        etag = s3.upload_part(**values, UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
        self.control(
            "faults",
            rules=[{"action": "200-error", "operation": "CompleteMultipartUpload"}],
        )
        found = self.error(
            "InternalError", s3.complete_multipart_upload, **values, UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]},
        )
        entry = self.control("log")["requests"][-1]
        self.assertEqual((entry["status"], entry["code"]), (200, "InternalError"), found)

    def test_odd_keys_survive(self) -> None:
        s3 = self.client("s3")
        for key in ("a b+c", "ü/ä", "100%", "a//b", "q?x=1&y", "~tilde", "semi;colon"):
            s3.put_object(Bucket=self.BUCKET, Key=key, Body=key.encode())
            self.assertEqual(
                s3.get_object(Bucket=self.BUCKET, Key=key)["Body"].read(), key.encode()
            )
        self.assertEqual(len(self.control("state")["buckets"][self.BUCKET]["objects"]), 7)


class TLSTests(ServerCase):
    """The same over TLS, where botocore sends its checksums behind the body."""

    options = ("--tls",)

    def test_bodies_with_trailers_are_verified(self) -> None:
        self.control("bucket", name="shop-bucket")
        s3 = self.client("s3")
        for size in (0, 1, 70_000, 1_200_000):
            body = os.urandom(size)
            s3.put_object(Bucket="shop-bucket", Key="a", Body=io.BytesIO(body))
            sent = self.control("log")["requests"][-1]["headers"]
            self.assertEqual(
                sent["x-amz-content-sha256"], "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
            )
            found = s3.get_object(Bucket="shop-bucket", Key="a")["Body"].read()
            self.assertEqual(found, body)

    def test_strangers_do_not_trust_it(self) -> None:
        with self.assertRaises(SSLError):
            self.session.client(
                "s3", "us-east-1", endpoint_url=self.endpoint, aws_access_key_id=ROBIN[0],
                aws_secret_access_key=ROBIN[1], config=Config(retries={"total_max_attempts": 1}),
            ).list_buckets()


@unittest.skipUnless(os.environ.get("GIT_EB_TEST_EB"), "the EB CLI was not asked for")
class EBCLITests(ServerCase):
    """The real EB CLI takes this for Elastic Beanstalk."""

    def eb(self, *words: str, status: int = 0) -> str:
        """Runs the EB CLI; gives back what it printed."""
        environment = {
            "HOME": self.home, "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ROBIN[0], "AWS_SECRET_ACCESS_KEY": ROBIN[1], "NO_PROXY": "*",
            # It would look for a newer version of itself on the network.
            "HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
        }
        done = subprocess.run(
            [os.environ["GIT_EB_TEST_EB"], *words], cwd=self.project, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=120,
        )
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def git(self, *words: str) -> None:
        """Runs git in the project."""
        subprocess.run(
            ["git", "-c", "user.name=Robin", "-c", "user.email=robin@example.com", *words],
            cwd=self.project, check=True, env={**os.environ, "HOME": self.home},
            stdout=subprocess.DEVNULL,
        )

    def test_the_eb_cli_deploys(self) -> None:
        place = tempfile.mkdtemp(prefix="git-eb-server-")
        self.addCleanup(shutil.rmtree, place, True)
        self.home, self.project = os.path.join(place, "home"), os.path.join(place, "shop")
        os.makedirs(self.home)
        os.makedirs(self.project)
        path = os.path.join(self.project, "app.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write("print('one')\n")
        self.git("init", "-q", "-b", "main")
        self.git("add", ".")
        self.git("commit", "-qm", "One")
        branch = "Python 3.13 running on 64bit Amazon Linux 2023"
        self.eb("init", "shop", "-p", branch, "-r", "us-east-1")
        said = self.eb("create", "shop-dev", "--cname", "shop-dev")
        self.assertIn("Successfully launched environment: shop-dev", said)
        with open(path, "a", encoding="utf-8") as file:
            file.write("print('two')\n")
        self.git("commit", "-qam", "Two")
        self.control("clear-log")
        said = self.eb("deploy")
        self.assertIn("Environment update completed successfully.", said)
        log = self.control("log")["requests"]
        operations = [one["operation"] for one in log]
        self.assertEqual(
            [name for name in operations if name != "DescribeEvents"],
            [
                "DescribeEnvironments", "DescribePlatformVersion", "ListPlatformBranches",
                "DescribeApplicationVersions", "CreateStorageLocation", "ListObjects",
                "PutObject", "CreateApplicationVersion", "UpdateEnvironment",
            ],
        )
        self.assertFalse(any(one["unknown_members"] for one in log))
        self.assertIn("Health: Green", self.eb("status"))
        self.assertIn("createEnvironment is starting.", self.eb("events"))
        self.make_version("bad", bundle(**{".test/fail-deployment": "no such module"}))
        said = self.eb("deploy", "--version", "bad", status=4)
        self.assertIn("Failed to deploy application.", said)
        self.assertIn(
            "terminateEnvironment completed successfully.",
            self.eb("terminate", "shop-dev", "--force"),
        )


if __name__ == "__main__":
    unittest.main()
