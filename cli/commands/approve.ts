import { userInfo } from "node:os";
import type { Command } from "commander";
import { isSamePath } from "#pipeline/project-key.ts";
import type { ApprovalView, ApprovedView } from "#service/view/approval-view.ts";
import { oneLine } from "#terminal/readable.ts";
import { connect } from "../client.ts";
import { CliError, exitCodes } from "../failure.ts";
import { commandForService, type ServiceOptions } from "../options.ts";
import { asJson, print } from "../print.ts";

type ApproveOptions = ServiceOptions & { readonly by?: string };

export function approveCommand(): Command {
  return commandForService(
    "approve",
    "let a merge request from a fork be built, at the commit that waits; without an argument list what waits",
    "slipway approve 12\n  $ slipway approve 'group/my-app!7'",
  )
    .argument("[what]", "pipeline id as the commit status names it, or PROJECT!NUMBER")
    .option("--by <name>", "who approves (default: your user name)")
    .action(async (what: string | undefined, options: ApproveOptions) => {
      const client = await connect(options);
      const waiting = await client.get<readonly ApprovalView[]>("/api/slipway/approvals");
      if (what === undefined) {
        print(options.json === true ? asJson(waiting) : listText(waiting));
        return;
      }
      const id = /^[1-9]\d{0,14}$/.test(what) ? what : String(find(what, waiting).pipeline_id);
      const by = options.by ?? userInfo().username;
      const done = await client.post<ApprovedView>(`/api/slipway/approvals/${id}`, { by });
      print(options.json === true ? asJson(done) : approvedText(done));
    });
}

function find(what: string, waiting: readonly ApprovalView[]): ApprovalView {
  const [, project = "", iid = ""] = /^(.+)!(\d+)$/.exec(what) ?? [];
  if (project === "")
    throw new CliError(
      `"${what}" is neither a pipeline's id nor PROJECT!NUMBER of a merge request.`,
      exitCodes.usage,
    );
  const found = waiting.find(
    (each) => isSamePath(each.project, project) && each.merge_request === Number(iid),
  );
  if (found !== undefined) return found;
  throw new CliError(
    `Nothing of ${what} waits for approval. \`slipway approve\` lists what waits.`,
    exitCodes.absent,
  );
}

function listText(waiting: readonly ApprovalView[]): string {
  if (waiting.length === 0) return "Nothing waits for approval.";
  return waiting
    .map((each) =>
      oneLine(
        `${String(each.pipeline_id).padEnd(6)} ${each.project}!${each.merge_request} ${each.sha.slice(0, 12)} from ${each.source_project}: ${each.title}`,
      ),
    )
    .join("\n");
}

function approvedText(done: ApprovedView): string {
  const head = `Approved by ${oneLine(done.approved_by)}`;
  return done.result === "created"
    ? `${head}: pipeline ${done.pipeline_id} is ${done.status}, ${done.url}`
    : `${head}, but nothing runs: ${oneLine(done.why)}`;
}
