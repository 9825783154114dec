/** The file of a team that builds one image: five jobs, a template that four of them extend, and rules. */
export const fiveJobs = `
stages: [build, test, release, deploy]
variables:
  DOCKER_HOST: tcp://docker:2376
  DOCKER_TLS_CERTDIR: /certs
  UNDER_TEST: $CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG
.docker:
  image: docker:27
  services: [docker:27-dind]
  before_script:
    - docker login -u "$CI_REGISTRY_USER" -p "$CI_REGISTRY_PASSWORD" $CI_REGISTRY
build:
  extends: .docker
  stage: build
  script:
    - docker build --pull --cache-from $CI_REGISTRY_IMAGE:latest -t $UNDER_TEST .
    - docker push $UNDER_TEST
unit:
  extends: .docker
  stage: test
  script: [docker run --rm $UNDER_TEST npm test]
lint:
  stage: test
  image: node:22-alpine
  needs: []
  script: [npm ci, npm run lint]
  cache: {key: {files: [package-lock.json]}, paths: [.npm/]}
release:
  extends: .docker
  stage: release
  script:
    - docker pull $UNDER_TEST
    - docker tag $UNDER_TEST $CI_REGISTRY_IMAGE:latest
    - docker push $CI_REGISTRY_IMAGE:latest
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
deploy:
  stage: deploy
  script: [./deploy.sh]
  environment: {name: production, url: "https://example.com"}
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE == "push"
      when: manual
      allow_failure: true
`;
