/** The room of an upload that sent nothing for minutes was given to others. */
export class UploadStoodStill extends Error {
  override readonly name = "UploadStoodStill";
}
