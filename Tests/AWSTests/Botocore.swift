import Foundation
import TestSupport

/// What botocore makes of the same files and variables: the reference that AWS ships.
enum Botocore {
  /// One machine: what is in its home, its variables, and the profile asked for.
  struct Machine: Codable {
    var home: String
    var environment: [String: String]
    var profile: String?
    var isInstance: Bool
    /// Services whose endpoints are asked for.
    var services: [String] = []
  }

  struct Finding: Codable, Equatable {
    /// `none`, `profile`, `file`, `error`, or the credentials.
    var result: String
    var region: String?
    var log: [String]
    var endpoints: [String: String]
  }

  /// - Returns: for each machine what botocore finds there.
  static func findings(on machines: [Machine]) throws -> [Finding] {
    let input = try JSONEncoder().encode(machines)
    let output = try answer(script, String(decoding: input, as: UTF8.self))
    return try JSONDecoder().decode([Finding].self, from: Data(output.utf8))
  }

  /// Runs a script that gets `input` and prints its answer.
  static func answer(_ script: String, _ input: String = "") throws -> String {
    let python = ProcessInfo.processInfo.environment["GIT_EB_TEST_PYTHON"] ?? "python3"
    return try check([python, "-c", script], input: input)
  }

  static let script = #"""
    import json, os, re, sys, urllib.parse
    import botocore.awsrequest, botocore.credentials, botocore.exceptions, botocore.httpsession
    import botocore.loaders, botocore.session
    from botocore.config import Config

    class Raw:
        def __init__(self, body):
            self.body = body
        def stream(self, *arguments, **names):
            yield self.body

    log = []
    is_instance = False

    def reply(url, status, body):
        kind = 'text/xml' if body.startswith('<') else 'application/json'
        return botocore.awsrequest.AWSResponse(
            url, status, {'content-type': kind}, Raw(body.encode()))

    def instance(request, path):
        directory = '/latest/meta-data/iam/security-credentials/'
        if is_instance and (request.method, path) == ('PUT', '/latest/api/token'):
            return reply(request.url, 200, 'proof')
        if is_instance and path == directory:
            return reply(request.url, 200, 'web')
        if is_instance and path == directory + 'web':
            return reply(request.url, 200, json.dumps({
                'Code': 'Success', 'SecretAccessKey': 'secret', 'Token': 'token',
                'AccessKeyId': 'instance(%s)' % request.headers['x-aws-ec2-metadata-token'],
                'Expiration': '2099-01-01T00:00:00Z'}))
        return reply(request.url, 404, '')

    def text(value):
        return value.decode() if isinstance(value, bytes) else value or ''

    def token_service(request):
        values = dict(urllib.parse.parse_qsl(text(request.body)))
        signer = re.search(
            r'Credential=(.*?)/[0-9]{8}/(.*?)/', text(request.headers.get('Authorization')))
        source = '%s in %s' % signer.groups() if signer else values.get('WebIdentityToken', 'nobody')
        session = values.get('RoleSessionName', '')
        facts = [values.get(name, '-') for name in (
            'RoleArn', 'ExternalId', 'DurationSeconds', 'SerialNumber', 'TokenCode')]
        facts += ['any' if session.startswith('botocore-session-') else session, source]
        action = values['Action']
        return reply(request.url, 200, (
            '<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%sResult>'
            '<Credentials><AccessKeyId>sts(%s)</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>'
            '<SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>'
            '</Credentials></%sResult></%sResponse>') % (
                action, action, ','.join(facts), action, action))

    class Stop(Exception):
        pass

    asked = None

    def send(self, request):
        url = urllib.parse.urlsplit(request.url)
        if asked is not None:
            asked.append('%s://%s%s' % (url.scheme, url.netloc, url.path.rstrip('/')))
            raise Stop()
        if url.hostname == '169.254.169.254':
            return instance(request, url.path)
        query = sorted('%s=%s' % pair for pair in urllib.parse.parse_qsl(url.query))
        log.append('%s %s%s %s' % (request.method, url.netloc, url.path, '&'.join(query)))
        if url.path == '/federation/credentials':
            return reply(request.url, 200, json.dumps({'roleCredentials': {
                'accessKeyId': 'sso(%s,%s)' % (
                    ','.join(query), text(request.headers['x-amz-sso_bearer_token'])),
                'secretAccessKey': 'secret', 'sessionToken': 'token',
                'expiration': 4070908800000}}))
        if url.path == '/token':
            return reply(request.url, 200, json.dumps({
                'accessToken': 'renewed', 'expiresIn': 3600, 'refreshToken': 'again',
                'tokenType': 'B'}))
        if url.path.startswith('/container'):
            return reply(request.url, 200, json.dumps({
                'AccessKeyId': 'container(%s,%s)' % (
                    url.path, text(request.headers.get('Authorization'))),
                'SecretAccessKey': 'secret', 'Token': 'token',
                'Expiration': '2099-01-01T00:00:00Z'}))
        return token_service(request)

    botocore.httpsession.URLLib3Session.send = send
    loader = botocore.loaders.create_loader()
    calls = {
        'elasticbeanstalk': lambda client: client.describe_applications(),
        's3': lambda client: client.list_buckets(),
        'sts': lambda client: client.get_caller_identity(),
        'iam': lambda client: client.list_roles(),
        'ec2': lambda client: client.describe_regions(),
    }

    def endpoint(session, service):
        global asked
        asked = []
        try:
            client = session.create_client(
                service, aws_access_key_id='id', aws_secret_access_key='secret',
                config=Config(retries={'total_max_attempts': 1}))
            calls[service](client)
        except Stop:
            return asked[0]
        except (botocore.exceptions.BotoCoreError, ValueError):
            return 'error'
        finally:
            asked = None

    def find(machine):
        global is_instance
        is_instance = machine['isInstance']
        log.clear()
        kept = {name: os.environ[name] for name in ('PATH', 'LC_ALL') if name in os.environ}
        os.environ.clear()
        os.environ.update(kept, HOME=machine['home'], **machine['environment'])
        cache = os.path.join(machine['home'], '.aws', 'sso', 'cache')
        botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR = cache
        botocore.credentials.SSOTokenProvider._SSO_TOKEN_CACHE_DIR = cache
        result, region, endpoints = 'none', None, {}
        try:
            session = botocore.session.Session(profile=machine.get('profile'))
            session.register_component('data_loader', loader)
            region = session.get_config_variable('region')
            credentials = session.get_credentials()
            if credentials is not None:
                frozen = credentials.get_frozen_credentials()
                result = '%s %s %s' % frozen[:3]
            for service in machine['services']:
                endpoints[service] = endpoint(session, service)
        except botocore.exceptions.ProfileNotFound:
            result, region = 'profile', None
        except botocore.exceptions.ConfigParseError:
            result, region = 'file', None
        except (botocore.exceptions.BotoCoreError, KeyError, ValueError, OSError) as error:
            result = 'error'
            print(machine['environment'], repr(error), file=sys.stderr)
        return {'result': result, 'region': region, 'log': list(log), 'endpoints': endpoints}

    json.dump([find(machine) for machine in json.load(sys.stdin)], sys.stdout)
    """#
}
