"""What tests tell the server, under `/_control/`: JSON in, JSON out, no signature."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Callable

from .beanstalk.world import KINDS, Behaviour
from .faults import Rule
from .identities import ACCOUNT, Keys
from .model import format_date, parse_date
from .moto_bridge import iam_backends, s3_backends
from .signatures import parse_query
from .wire import Request, Response

if TYPE_CHECKING:
    from .app import App

Body = dict[str, Any]


class Control:
    """The control calls."""

    def __init__(self, app: "App") -> None:
        self.app = app
        self.calls: dict[str, Callable[[Body], Any]] = {
            "ping": lambda body: {"ok": True},
            "log": self._log,
            "clear-log": self._clear_log,
            "reset": self._reset,
            "faults": self._faults,
            "clear-faults": self._clear_faults,
            "settings": self._settings,
            "behaviour": self._behaviour,
            "clear-behaviour": self._clear_behaviour,
            "clock": self._clock,
            "keys": self._keys,
            "issue-keys": self._issue_keys,
            "new-account": self._new_account,
            "expire": self._expire,
            "tokens": self._tokens,
            "bucket": self._bucket,
            "object": self._object,
            "roles": self._roles,
            "codecommit": self._codecommit,
            "event": self._event,
            "environment": self._environment,
            "state": self._state,
            "wait": self._wait,
        }

    def answer(self, request: Request) -> Response:
        """The answer to one control call."""
        name = request.path.removeprefix("/_control/").strip("/")
        call = self.calls.get(name)
        if call is None:
            return reply(404, {"error": f"no control call '{name}'", "calls": sorted(self.calls)})
        try:
            body: Body = dict(parse_query(request.query))
            if request.body:
                body.update(json.loads(bytes(request.body)))
            return reply(200, call(body))
        except (ValueError, KeyError, TypeError) as error:
            return reply(400, {"error": f"{type(error).__name__}: {error}"})

    def _log(self, body: Body) -> Any:
        requests = self.app.journal.dump(int(body.get("since", 0)), body.get("account"))
        return {"requests": requests}

    def _clear_log(self, body: Body) -> Any:
        self.app.journal.reset()
        return {}

    def _reset(self, body: Body) -> Any:
        """`keep_roles` leaves what IAM has."""
        self.app.reset(bool(body.get("keep_roles", False)))
        return {}

    def _faults(self, body: Body) -> Any:
        """`rules`: see faults.Rule; `seed` for chance."""
        if "seed" in body:
            self.app.faults.seed(int(body["seed"]))
        rules = [Rule.from_json(one) for one in body.get("rules", [])]
        for rule in rules:
            self.app.faults.add(rule)
        return {"rules": [asdict(one) for one in self.app.faults.rules]}

    def _clear_faults(self, body: Body) -> Any:
        """All of them, or those of one `account`."""
        self.app.faults.reset(body.get("account"))
        return {}

    def _settings(self, body: Body) -> Any:
        values = dict(body)
        if "redirect" in values:
            self.app.s3.redirect = str(values.pop("redirect"))
        self.app.world.configure(values)
        return self.app.world.settings

    def _behaviour(self, body: Body) -> Any:
        behaviour = Behaviour(**body)
        if behaviour.kind not in KINDS:
            raise ValueError(f"unknown behaviour '{behaviour.kind}'")
        with self.app.world.lock:
            self.app.world.behaviours.append(behaviour)
        return {}

    def _clear_behaviour(self, body: Body) -> Any:
        with self.app.world.lock:
            self.app.world.behaviours = []
        return {}

    def _clock(self, body: Body) -> Any:
        """`shift` sets how wrong the calendar is, in seconds; `jump` lets that much pass."""
        with self.app.world.lock:
            if "shift" in body:
                self.app.clock.shift = float(body["shift"])
            if "jump" in body:
                self.app.clock.jump += float(body["jump"])
            self.app.world.advance()
            return {"now": format_date(self.app.clock.now())}

    def _keys(self, body: Body) -> Any:
        if "access_key" in body:
            values = dict(body)
            if values.get("expires") is not None:
                values["expires"] = parse_date(values["expires"])
            self.app.identities.add(Keys(**values))
        return {
            "keys": [
                {
                    "access_key": one.access_key,
                    "secret": one.secret,
                    "token": one.token,
                    "account": one.account,
                    "arn": one.arn,
                    "expires": format_date(one.expires) if one.expires is not None else None,
                }
                for one in self.app.identities.keys.values()
            ]
        }

    def _issue_keys(self, body: Body) -> Any:
        """New temporary keys that last for `seconds`."""
        account = body.get("account", ACCOUNT)
        expires = self.app.clock.now() + timedelta(seconds=float(body.get("seconds", 3600)))
        keys = self.app.identities.issue(
            account, f"arn:aws:sts::{account}:assumed-role/deployer/test", "AROATEST:test", expires
        )
        return {
            "access_key": keys.access_key, "secret": keys.secret, "token": keys.token,
            "expires": format_date(expires, False),
        }

    def _new_account(self, body: Body) -> Any:
        """Keys of an account that nobody else uses: tests that run at once share a server so."""
        account = "".join(secrets.choice("123456789") for _ in range(12))
        keys = Keys(
            "AKIA" + "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(16)),
            secrets.token_urlsafe(30)[:40],
            account,
            f"arn:aws:iam::{account}:user/robin",
            "AIDA" + account,
        )
        self.app.identities.add(keys)
        return {"account": account, "access_key": keys.access_key, "secret": keys.secret}

    def _expire(self, body: Body) -> Any:
        """Lets temporary keys end now, or in `seconds`."""
        moment = self.app.clock.now() + timedelta(seconds=float(body.get("seconds", 0)))
        return {"expired": self.app.identities.expire(moment, body.get("access_key"))}

    def _tokens(self, body: Body) -> Any:
        self.app.tokens.configure(body)
        return asdict(self.app.tokens.settings)

    def _bucket(self, body: Body) -> Any:
        """Makes a bucket for somebody, somewhere."""
        self.app.s3.ensure_bucket(
            body.get("account", ACCOUNT), body.get("region", "us-east-1"), body["name"]
        )
        return {}

    def _object(self, body: Body) -> Any:
        """Puts an object of `size` zero bytes, or with a `text`."""
        owner = s3_backends.bucket_accounts[body["bucket"]]
        data = body["text"].encode() if "text" in body else bytes(int(body.get("size", 0)))
        self.app.s3.store(owner[1], body["bucket"], body["key"], data)
        return {}

    def _roles(self, body: Body) -> Any:
        """Makes the roles that Beanstalk's console makes with an account's first environment."""
        backend = iam_backends[body.get("account", ACCOUNT)]["aws"]
        profile = "aws-elasticbeanstalk-ec2-role"
        for name in (profile, "aws-elasticbeanstalk-service-role"):
            backend.create_role(name, "{}", "/", None, "", [], None)
        backend.create_instance_profile(profile, "/", [])
        backend.add_role_to_instance_profile(profile, profile)
        return {}

    def _codecommit(self, body: Body) -> Any:
        """Puts a `branch` of a `repository` at a `commit`."""
        place = (body.get("account", ACCOUNT), body.get("region", "us-east-1"), body["repository"])
        branches = self.app.codecommit.repositories.setdefault(place, {})
        if "branch" in body:
            branches[body["branch"]] = body["commit"]
        return branches

    def _event(self, body: Body) -> Any:
        """Writes an event into an environment's history, as others do all the time."""
        world = self.app.world
        with world.lock:
            world.advance()
            region = world.region(
                body.get("account", ACCOUNT), body.get("region", "us-east-1")
            )
            found = world.live(region, body["environment"], None)
            if found is None:
                raise ValueError(f"no environment '{body['environment']}'")
            for _ in range(int(body.get("count", 1))):
                world.event(
                    region, body["message"], body.get("severity", "INFO"), found,
                    body.get("request_id"),
                )
        return {}

    def _environment(self, body: Body) -> Any:
        """Sets an environment's `health` and `health_status` as if its application had changed."""
        world = self.app.world
        with world.lock:
            world.advance()
            region = world.region(
                body.get("account", ACCOUNT), body.get("region", "us-east-1")
            )
            found = world.live(region, body["name"], None)
            if found is None:
                raise ValueError(f"no environment '{body['name']}'")
            found.health = body.get("health", found.health)
            found.health_status = body.get("health_status", found.health_status)
            found.causes = body.get("causes", found.causes)
        return {}

    def _wait(self, body: Body) -> Any:
        """Returns when no operation is under way, or after `seconds`; in one `account` if given."""
        world = self.app.world
        account = body.get("account")
        end = time.monotonic() + float(body.get("seconds", 30))
        while True:
            with world.lock:
                world.advance()
                regions = [
                    region for region in world.regions.values()
                    if account in (None, region.account)
                ]
                busy = [
                    environment.name
                    for region in regions
                    for environment in region.environments
                    if environment.operation is not None
                ] + [
                    version.label
                    for region in regions
                    for application in region.applications.values()
                    for version in application.versions.values()
                    if version.status == "PROCESSING"
                ]
            if not busy or time.monotonic() > end:
                return {"busy": busy}
            time.sleep(0.02)

    def _state(self, body: Body) -> Any:
        """Everything there is, or what one `account` has."""
        account = body.get("account")
        world = self.app.world
        with world.lock:
            world.advance()
            regions = []
            for region in world.regions.values():
                if account not in (None, region.account):
                    continue
                regions.append(
                    {
                        "account": region.account,
                        "region": region.region,
                        "applications": {
                            application.name: {
                                "tags": application.tags,
                                "templates": sorted(application.templates),
                                "versions": {
                                    version.label: {
                                        "status": version.status,
                                        "description": version.description,
                                        "bucket": version.bucket,
                                        "key": version.key,
                                        "size": version.size,
                                        "source": version.source,
                                        "tags": version.tags,
                                    }
                                    for version in application.versions.values()
                                },
                            }
                            for application in region.applications.values()
                        },
                        "environments": [
                            {
                                "name": one.name,
                                "id": one.id,
                                "application": one.application,
                                "tier": one.tier,
                                "status": one.status,
                                "health": one.health,
                                "health_status": one.health_status,
                                "version": one.version,
                                "cname": one.cname,
                                "platform": one.platform.solution_stack,
                                "operation": one.operation.kind if one.operation else None,
                                "tags": one.tags,
                                "instances": [
                                    {
                                        "id": instance.id,
                                        "version": instance.version,
                                        "status": instance.deployment_status,
                                        "private_ip": instance.private_ip,
                                        "public_ip": instance.public_ip,
                                    }
                                    for instance in one.instances
                                ],
                                "options": [
                                    {"namespace": key[0], "name": key[1], "value": value}
                                    for key, value in sorted(one.options.items())
                                ],
                            }
                            for one in region.environments
                        ],
                        "events": [
                            {
                                "date": format_date(event.date),
                                "severity": event.severity,
                                "environment": event.environment,
                                "message": event.message,
                                "request_id": event.request_id,
                            }
                            for event in region.events
                        ],
                    }
                )
            return {"regions": regions, "buckets": self.app.s3.dump(account)}


def reply(status: int, value: Any) -> Response:
    """A JSON answer."""
    body = json.dumps(value, default=str).encode()
    return Response(status, body, [("Content-Type", "application/json")])
