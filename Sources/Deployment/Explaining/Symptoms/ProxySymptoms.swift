/// What nginx says, and what the load balancer finds.
enum ProxySymptoms {
  private static let page =
    "docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.proxy.html"

  static let all = [
    Symptom(
      "ES264", "the proxy's own configuration cannot be read",
      remedy: "nginx -t in a container with the same files says where; it is in .platform/nginx",
      source: page,
      signs: [
        ["nginx: [emerg] "], ["[emerg] ", " in /etc/nginx/"],
        ["nginx: configuration file ", "test failed"], ["[emerg] ", "unknown directive"],
      ]),
    Symptom(
      "EB126", "the proxy finds nobody listening on the application's port", bearing: .consequence,
      remedy: "listen on the port in the variable PORT; where the application does, it has ended: "
        + "see its own log",
      source: page,
      signs: [
        ["connect() failed (111", "while connecting to upstream"],
        ["connect() failed (111: Connection refused)"], ["no live upstreams while connecting"],
        ["connect() to unix:", "failed (2: No such file"], ["last answer: connection refused"],
      ]),
    Symptom(
      "EB127", "something else listens on the proxy's port",
      remedy: "publish no container on port 80, and start no other web server in hooks",
      source: "github.com/team-5io/BACK-Fighters/issues/93",
      signs: [
        ["bind() to 0.0.0.0:80 failed (98"], ["bind() to [::]:80 failed (98"],
        ["could not bind to address ", ":80"],
      ]),
    Symptom(
      "ES260", "the application takes longer to answer than the proxy waits",
      bearing: .consequence,
      remedy: "set proxy_read_timeout in .platform/nginx/conf.d/<name>.conf, or answer sooner",
      source: page,
      signs: [["upstream timed out (110"]]),
    Symptom(
      "ES261", "the application ended while it answered", bearing: .consequence,
      remedy: "see the application's own log at that time", source: page,
      signs: [
        ["upstream prematurely closed connection"],
        ["recv() failed (104: Connection reset by peer) while reading response header"],
      ]),
    Symptom(
      "ES262", "an upload is larger than the proxy takes",
      remedy: "write 'client_max_body_size 20M;' in .platform/nginx/conf.d/<name>.conf",
      source: page, signs: [["client intended to send too large body"]]),
    Symptom(
      "ES263", "the proxy's table of server names is too small",
      remedy: "write 'types_hash_max_size' or 'server_names_hash_bucket_size' in "
        + ".platform/nginx/conf.d/<name>.conf",
      source: page,
      signs: [
        ["could not build server_names_hash"], ["could not build optimal types_hash"],
      ]),
    Symptom(
      "EB138", "the health check does not get the answer that it wants", bearing: .consequence,
      remedy: "set aws:elasticbeanstalk:application 'Application Healthcheck URL' to a path that "
        + "answers 200 without signing in",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced-status.html",
      signs: [
        ["ELB health is failing"], ["ELB processes are not healthy"],
        ["Health checks failed with these codes"],
      ]),
    Symptom(
      "ES265", "the environment runs, and is not well", bearing: .ending,
      remedy: "git eb health, and see what the application writes while it answers",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced-status.html",
      signs: [
        ["of the requests are failing with HTTP 5xx"],
        ["of the requests are erroring with HTTP 4xx"],
        ["Environment health has transitioned", "to Severe"],
        ["Environment health has transitioned", "to Degraded"],
        ["None of the instances are sending data"],
        ["Following services are not running: "], ["Following services failed to start: "],
      ]),
  ]
}
