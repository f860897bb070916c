/// Images, containers, and the ECS agent that places them.
enum DockerSymptoms {
  private static let page =
    "docs.aws.amazon.com/elasticbeanstalk/latest/dg/single-container-docker-configuration.html"

  static let all = [
    Symptom(
      "EB128", "the Dockerfile does not say which port the container listens on",
      remedy: "add 'EXPOSE <port>' to the Dockerfile's last stage", source: page,
      signs: [
        ["No EXPOSE directive found in Dockerfile"], ["failed to get ", "EXPOSE"],
      ]),
    Symptom(
      "EB129", "Dockerrun.aws.json has a version that the platform does not take, or is no JSON",
      remedy:
        "write as AWSEBDockerrunVersion 1 for Docker, 3 beside a docker-compose.yml, and 2 for "
        + "ECS",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/"
        + "create_deploy_docker_v2config.html",
      signs: [
        ["Invalid Dockerrun.aws.json version"], ["Dockerrun.aws.json", "invalid"],
        ["Dockerrun.aws.json", "arse error"], ["failed to parse Dockerrun.aws.json"],
      ]),
    Symptom(
      "EB130", "the instance has not as much memory, processor or ports as the containers ask for",
      remedy:
        "lower 'memory' of the containers in Dockerrun.aws.json, or take a larger instance type",
      source: "docs.aws.amazon.com/AmazonECS/latest/developerguide/"
        + "service-event-messages-list.html",
      signs: [
        ["unable to place a task because no container instance met all of its requirements"],
        ["RESOURCE:MEMORY"], ["RESOURCE:CPU"], ["RESOURCE:PORTS"],
        ["insufficient memory available"], ["No Container Instances were found in your cluster"],
      ]),
    Symptom(
      "ES250", "an image could not be pulled: the registry refuses, or it is not there",
      remedy: "see the image's name and tag; give the instance profile "
        + "AmazonEC2ContainerRegistryReadOnly, or name credentials under 'authentication'",
      source:
        "docs.aws.amazon.com/elasticbeanstalk/latest/dg/docker-configuration.remote-repo.html",
      signs: [
        ["pull access denied for "], ["manifest for ", " not found"], ["manifest unknown"],
        ["repository ", " not found: does not exist or no pull access"],
        ["no basic auth credentials"],
        ["CannotPullContainerError"], ["unauthorized: authentication required"],
        ["denied: requested access to the resource is denied"],
        ["Your authorization token has expired"], ["invalid reference format"],
        ["ecr:GetAuthorizationToken"],
      ]),
    Symptom(
      "ES251", "Docker Hub's limit of pulls is reached",
      remedy: "sign in to Docker Hub on the instance, or take the image from ECR "
        + "(public.ecr.aws/docker/library/…)",
      source: "docs.docker.com/docker-hub/usage/pulls",
      signs: [
        ["toomanyrequests"], ["You have reached your pull rate limit"],
        ["You have reached your unauthenticated pull rate limit"],
      ]),
    Symptom(
      "ES252", "a step of the Dockerfile failed",
      remedy: "docker build . in an empty clone shows the same; see the step's own lines before",
      source: "docs.docker.com/reference/dockerfile",
      signs: [
        ["The command '", "' returned a non-zero code: "], ["ERROR: failed to solve: "],
        ["failed to solve: "], ["failed to build: "], ["COPY failed: "], ["ADD failed: "],
        ["failed to compute cache key"], ["Dockerfile parse error"], ["dockerfile parse error"],
        ["unknown instruction: "],
      ]),
    Symptom(
      "ES253", "the container ended at once", bearing: .consequence,
      remedy: "see eb-docker/containers/eb-current-app/*-stdouterr.log; docker run the image here",
      source: page,
      signs: [
        ["Docker container quit unexpectedly"], ["Essential container in task exited"],
        ["exited with code ", "container"], ["Docker container health status check failed"],
        ["Failed to run Docker container"],
      ]),
    Symptom(
      "ES254", "docker-compose.yml is not valid, or one of its services did not start",
      remedy: "docker compose config says where", source: page,
      signs: [
        ["docker-compose.yml", "is invalid"], ["docker-compose.yml", "nsupported"],
        ["services.", " must be a "], ["yaml: line ", ": "],
        ["docker-compose up", "failed with error"], ["docker compose up", "failed with error"],
      ]),
    Symptom(
      "ES255", "a container's port is taken by another on the instance",
      remedy: "publish another port, or one container only",
      source: page,
      signs: [
        ["port is already allocated"], ["Bind for ", "failed: port is already allocated"],
        ["driver failed programming external connectivity"],
      ]),
    Symptom(
      "ES256", "a container needs what another one was to be, and did not find it by its name",
      remedy:
        "write as upstream the container's 'name' in Dockerrun.aws.json or the service's name, "
        + "and link it",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/create_deploy_docker_v2config.html",
      signs: [["host not found in upstream "]]),
    Symptom(
      "ES257", "the ECS agent on the instance did not come up",
      remedy: "see that the instance profile has AWSElasticBeanstalkMulticontainerDocker, and that "
        + "the instance reaches ECS",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/create_deploy_docker_ecs.html",
      signs: [
        ["Failed to start ECS agent"], ["ecs:RegisterContainerInstance"],
        ["Unable to register as a container instance with ECS"], ["ECS agent", "not authorized"],
        ["Failed to start ECS task"],
      ]),
  ]
}
