/** What the engine says of a registry that gives no answer: none of these is a decision about the image. */
const UNREACHABLE =
  /dial tcp|dial unix|i\/o timeout|no such host|connection refused|connection reset|no route to host|network is unreachable|context deadline exceeded|Client\.Timeout|TLS handshake timeout|server misbehaving|name resolution|: (?:unexpected )?EOF|broken pipe|did not answer within|HTTP status: 50[234]\b/;

/** The registry itself answered, and trying again cannot help. */
const REFUSED =
  /not found|manifest unknown|name unknown|denied|unauthorized|forbidden|no basic auth|authentication required|does not exist|invalid reference|no matching manifest|HTTP status: 40[134]\b/i;

/**
 * What became of asking a registry for an image, by the words of Docker Engine: `refused` is the registry's no,
 * `unreachable` is no answer at all, `failed` is anything else, which is no leave to use the image either.
 */
export function readPullFailure(
  message: string,
  ref: string,
): "refused" | "unreachable" | "failed" {
  // A name could hold any of the words.
  const [name = ref] = ref.split("@");
  const bare = [ref, name, name.replace(/^docker\.io\//, ""), name.replace(/:[^:/]*$/, "")].reduce(
    (text, part) => text.replaceAll(part, ""),
    message,
  );
  if (UNREACHABLE.test(bare)) return "unreachable";
  return REFUSED.test(bare) ? "refused" : "failed";
}
