import type { FC } from "hono/jsx";
import type { PipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import { Badge, Layout } from "./layout.tsx";

export const IndexPage: FC<{ pipelines: readonly PipelineSummaryView[] }> = ({ pipelines }) => (
  <Layout title="Pipelines" refresh={5}>
    <h1>Pipelines</h1>
    {pipelines.length === 0 ? (
      <p>
        None yet. Push a repository with a <code>Dockerfile</code> or a <code>.gitlab-ci.yml</code>.
      </p>
    ) : (
      <table>
        <thead>
          <tr>
            <th>Status</th>
            <th>Pipeline</th>
            <th>Project</th>
            <th>Ref</th>
            <th>Commit</th>
            <th>Created</th>
          </tr>
        </thead>
        <tbody>
          {pipelines.map((pipeline) => (
            <tr>
              <td>
                <Badge status={pipeline.status} />
              </td>
              <td>
                <a href={`/${pipeline.project}/-/pipelines/${pipeline.id}`}>{pipeline.id}</a>
              </td>
              <td>{pipeline.project}</td>
              <td>{pipeline.ref}</td>
              <td>
                <code>{pipeline.sha.slice(0, 8)}</code>
              </td>
              <td>{pipeline.created_at}</td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Layout>
);
