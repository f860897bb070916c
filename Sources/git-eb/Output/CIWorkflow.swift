/// A workflow for a service of continuous integration.
///
/// What comes from a pull request reaches a shell in variables alone: the text of a script is fixed.
struct CIWorkflow {
  /// Where the service looks for it, from the repository's root.
  var path: String
  var text: String

  /// Sources: "Workflow syntax for GitHub Actions", "Security hardening for GitHub Actions", and the
  /// README of aws-actions/configure-aws-credentials.
  static let gitHub = CIWorkflow(
    path: ".github/workflows/preview.yml",
    text: #"""
      # Previews of pull requests. Made by git eb ci github; Documentation/CI.md of git-eb explains it.
      # To be filled in: the step "Install git-eb", and the repository's variables AWS_ROLE_ARN and
      # AWS_REGION.
      name: preview

      on:
        pull_request:
          types: [opened, synchronize, reopened, closed]
        schedule:
          - cron: "17 * * * *"
        workflow_dispatch:

      permissions: {}

      jobs:
        deploy:
          # GitHub gives the pull requests of forks no credentials.
          if: >-
            github.event_name == 'pull_request' && github.event.action != 'closed'
            && github.event.pull_request.head.repo.full_name == github.repository
          runs-on: ubuntu-latest
          timeout-minutes: 45
          permissions:
            contents: read
            id-token: write
            pull-requests: write
          concurrency:
            group: preview-${{ github.event.pull_request.number }}
            cancel-in-progress: true
          steps:
            - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
              with:
                # The branch's own commit, and not the merge that GitHub makes anew each time.
                ref: ${{ github.event.pull_request.head.sha }}
                # The whole history: which commits are new, and the base branch's .git-eb.yml.
                fetch-depth: 0
                persist-credentials: false
            - name: Install git-eb
              # Fill in: put git-eb into a directory of PATH, such as
              #   curl -fsSLo git-eb.tar.gz https://example.com/git-eb.tar.gz
              #   echo "<its SHA-256>  git-eb.tar.gz" | sha256sum --check
              #   sudo tar -xzf git-eb.tar.gz -C /usr/local
              run: |
                echo "fill in how git-eb is installed"
                exit 1
            - uses: aws-actions/configure-aws-credentials@e3dd6a429d7300a6a4c196c26e071d42e0343502 # v4.0.2
              with:
                role-to-assume: ${{ vars.AWS_ROLE_ARN }}
                aws-region: ${{ vars.AWS_REGION }}
            - name: Deploy
              id: deploy
              # A preview follows its branch also where that was rebased: --force.
              run: |
                git eb push --force --supersede --wait 30m --ci --ci-comment "$RUNNER_TEMP/preview.md"
            - name: Comment
              if: ${{ !cancelled() }}
              env:
                GH_TOKEN: ${{ github.token }}
                NUMBER: ${{ github.event.pull_request.number }}
              run: |
                body="$RUNNER_TEMP/preview.md"
                [ -s "$body" ] || exit 0
                comments="repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments"
                mine='.[] | select(.user.login == "github-actions[bot]")
                  | select(.body | startswith("<!-- git-eb:preview -->")) | .id'
                id=$(gh api --paginate "$comments" --jq "$mine" | head -n 1)
                if [ -n "$id" ]; then
                  comments="repos/$GITHUB_REPOSITORY/issues/comments/$id"
                  gh api --silent --method PATCH "$comments" --field "body=@$body"
                else
                  gh api --silent --method POST "$comments" --field "body=@$body"
                fi

        prune:
          # What is looked at is the state, and not the event: one that is missed loses nothing.
          if: >-
            github.event_name != 'pull_request' || github.event.action == 'closed'
            && github.event.pull_request.head.repo.full_name == github.repository
          runs-on: ubuntu-latest
          timeout-minutes: 45
          permissions:
            contents: read
            id-token: write
          concurrency:
            group: preview-prune
            cancel-in-progress: false
          steps:
            - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
              with:
                ref: ${{ github.event.repository.default_branch }}
                fetch-depth: 0
            - name: Install git-eb
              # Fill in: as above.
              run: |
                echo "fill in how git-eb is installed"
                exit 1
            - uses: aws-actions/configure-aws-credentials@e3dd6a429d7300a6a4c196c26e071d42e0343502 # v4.0.2
              with:
                role-to-assume: ${{ vars.AWS_ROLE_ARN }}
                aws-region: ${{ vars.AWS_REGION }}
            - name: Prune
              run: |
                git eb prune --yes

      """#)

  /// Sources: "CI/CD YAML syntax reference", "Connect to cloud services" (id_tokens) and "Notes API"
  /// in GitLab's documentation.
  static let gitLab = CIWorkflow(
    path: ".gitlab-ci.yml",
    text: #"""
      # Previews of merge requests. Made by git eb ci gitlab; Documentation/CI.md of git-eb explains it.
      # To be filled in: how git-eb is installed, and the CI/CD variables AWS_ROLE_ARN, AWS_REGION and
      # PREVIEW_TOKEN, a project access token with the scope "api" that comments are written with.
      # A schedule prunes every hour: Build > Pipeline schedules.
      stages: [deploy, prune]

      workflow:
        # A newer push of a branch ends the pipeline of an older one.
        auto_cancel:
          on_new_commit: interruptible
        rules:
          - if: $CI_PIPELINE_SOURCE == "merge_request_event"
          - if: $CI_PIPELINE_SOURCE == "schedule"
          - if: $CI_PIPELINE_SOURCE == "web"
          - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH

      .git-eb:
        image: debian:12
        variables:
          # The whole history: which commits are new.
          GIT_DEPTH: "0"
        id_tokens:
          AWS_ID_TOKEN:
            aud: sts.amazonaws.com
        before_script:
          - |
            # Fill in: install git, curl, jq and git-eb.
            echo "fill in how git-eb is installed"
            exit 1
          - |
            umask 077
            place=$(mktemp -d)
            printf '%s' "$AWS_ID_TOKEN" > "$place/token"
            export AWS_WEB_IDENTITY_TOKEN_FILE="$place/token"

      preview:
        extends: .git-eb
        stage: deploy
        interruptible: true
        rules:
          # A fork's merge request runs in the fork, without these credentials.
          - if: >-
              $CI_PIPELINE_SOURCE == "merge_request_event"
              && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID
        environment:
          name: preview/$CI_COMMIT_REF_SLUG
          url: $PREVIEW_URL
          on_stop: stop
        script:
          - |
            # The target branch's .git-eb.yml counts.
            base="$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
            git fetch --quiet origin "+refs/heads/$base:refs/remotes/origin/$base"
          - |
            # A preview follows its branch also where that was rebased: --force.
            status=0
            rm -f preview.env
            git eb push --force --supersede --wait 30m --ci-comment "$place/preview.md" --ci-dotenv preview.env || status=$?
          - |
            # Neither the token nor the text is an argument.
            if [ -s "$place/preview.md" ]; then
              printf 'header = "PRIVATE-TOKEN: %s"\n' "$PREVIEW_TOKEN" > "$place/curl"
              request() { curl --config "$place/curl" --fail --silent --show-error "$@"; }
              notes="$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
              me=$(request "$CI_API_V4_URL/user" | jq .id)
              id=$(request "$notes?sort=asc&order_by=created_at&per_page=100" | jq --argjson me "$me" \
                '[.[] | select(.author.id == $me and (.body | startswith("<!-- git-eb:preview -->")))][0].id // empty')
              if [ -n "$id" ]; then
                request --request PUT --data-urlencode "body@$place/preview.md" "$notes/$id" > "$place/answer"
              else
                request --request POST --data-urlencode "body@$place/preview.md" "$notes" > "$place/answer"
              fi
            fi
            exit "$status"
        artifacts:
          reports:
            dotenv: preview.env

      # GitLab runs it when the merge request is merged or closed.
      stop:
        extends: .git-eb
        stage: prune
        rules:
          - if: >-
              $CI_PIPELINE_SOURCE == "merge_request_event"
              && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID
            when: manual
            allow_failure: true
        resource_group: preview-prune
        environment:
          name: preview/$CI_COMMIT_REF_SLUG
          action: stop
        script:
          - |
            base="$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
            git fetch --quiet origin "+refs/heads/$base:refs/remotes/origin/$base"
            git eb prune --yes

      prune:
        extends: .git-eb
        stage: prune
        rules:
          - if: $CI_PIPELINE_SOURCE != "merge_request_event"
        resource_group: preview-prune
        script:
          - |
            git eb prune --yes

      """#)
}
