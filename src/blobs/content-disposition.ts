/** RFC 6266: a download's name in full for those who read it, and one of plain characters for the others. */
export function contentDisposition(filename: string): string {
  const plain = filename.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_");
  const full = encodeURIComponent(Buffer.from(filename).toString()).replaceAll(
    /['()*]/g,
    percentEncoded,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
