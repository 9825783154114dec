/**
 * Names under which a job reaches a service (GitLab Docs, "Services", accessing the services): from the image
 * without tag, digest and port, once with `__` and once with `-` for each `/`, then the aliases, each name once.
 */
export function serviceHostNames(image: string, alias = ""): string[] {
  const [withoutDigest = ""] = image.split("@");
  const withoutTag = withoutDigest.replace(/:[^/:]*$/, "");
  const name = withoutTag.replace(/^([^/]*):[0-9]+\//, "$1/");
  const aliases = alias.split(/[\s,]+/).filter((each) => each !== "");
  return [...new Set([name.replaceAll("/", "__"), name.replaceAll("/", "-"), ...aliases])];
}
