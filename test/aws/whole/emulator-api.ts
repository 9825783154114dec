import { BatchGetProjectsCommand, CodeBuildClient } from "@aws-sdk/client-codebuild";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import type { CodebuildEvent } from "../codebuild-double/events.ts";
import { accessKey, account, region } from "./deploy.ts";

const logSchema = z.object({ events: z.array(z.object({ message: z.string() })) });

/** Calls of the emulator that no deployed part makes itself. */
export function emulatorApi(url: string) {
  const settings = { endpoint: url, region, credentials: accessKey };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const codebuild = new CodeBuildClient(settings);

  const json = async (service: string, target: string, input: unknown): Promise<unknown> => {
    const scope = `${account}/20260101/${region}/${service}/aws4_request`;
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": target,
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
      },
      body: JSON.stringify(input),
    });
    return response.json();
  };

  return {
    readObject: async (location: string): Promise<Buffer> => {
      const [bucket = "", ...key] = location.replace(/^arn:aws:s3:::/, "").split("/");
      const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key.join("/") }));
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    },

    codebuildProject: async (name: string) => {
      const { projects } = await codebuild.send(new BatchGetProjectsCommand({ names: [name] }));
      const [project] = projects ?? [];
      if (project === undefined) throw new Error(`${name} was not deployed`);
      const { source, artifacts, serviceRole, environment } = project;
      return { name, source, artifacts, serviceRole, environment };
    },

    /** Like AWS, the emulator lets nobody else send events of `aws.codebuild`: what its rule matches is invoked. */
    deliver: async (rulePattern: string, functionName: string, event: CodebuildEvent) => {
      const test = { EventPattern: rulePattern, Event: JSON.stringify(event) };
      const answer = await json("events", "AWSEvents.TestEventPattern", test);
      if (!JSON.stringify(answer).includes('"Result":true')) return;
      await fetch(`${url}/2015-03-31/functions/${functionName}/invocations`, {
        method: "POST",
        headers: { "x-amz-invocation-type": "Event" },
        body: JSON.stringify(event),
      }).then((response) => response.arrayBuffer());
    },

    /** What a function wrote, oldest first. */
    functionLog: async (functionName: string): Promise<string> => {
      const answer = logSchema.safeParse(
        await json("logs", "Logs_20140328.FilterLogEvents", {
          logGroupName: `/aws/lambda/${functionName}`,
          limit: 10_000,
        }),
      );
      return (answer.data?.events ?? []).map(({ message }) => message).join("\n");
    },

    close: () => {
      s3.destroy();
      codebuild.destroy();
    },
  };
}
