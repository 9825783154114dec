import type { Child, FC } from "hono/jsx";

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #1a7f37; --bad: #cf222e; --busy: #9a6700; --idle: #6e7781; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 70rem; }
a { color: inherit; } h1 { font-size: 1.3rem; margin: .4rem 0; } h2 { font-size: 1rem; margin: 0 0 .4rem; }
nav { font-size: .9rem; } code, pre { font: 13px/1.45 ui-monospace, monospace; }
.facts { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: .4rem 0 1rem; font-size: .9rem; }
.stages { display: flex; gap: 1rem; flex-wrap: wrap; align-items: flex-start; }
.stage { border: 1px solid var(--line); border-radius: 8px; padding: .7rem; min-width: 11rem; }
.job { display: block; padding: .35rem .5rem; margin: .3rem 0; border-radius: 6px; background: var(--soft); text-decoration: none; }
.job small { display: block; opacity: .75; }
.badge { font-weight: 600; white-space: nowrap; }
.success { color: var(--good); } .failed { color: var(--bad); } .running, .pending, .canceling { color: var(--busy); }
.created, .skipped, .canceled, .manual, .scheduled { color: var(--idle); }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
pre.log { background: #0d1117; color: #e6edf3; padding: 1rem; border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
.problems { border-left: 4px solid var(--bad); padding: .2rem .8rem; } .problems pre { white-space: pre-wrap; margin: .2rem 0; }
`;

/** The frame of every page; `refresh` seconds while there is something to wait for. */
export const Layout: FC<{ title: string; refresh?: number | undefined; children: Child }> = (
  props,
) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      {props.refresh === undefined ? null : (
        <meta http-equiv="refresh" content={String(props.refresh)} />
      )}
      <title>{props.title} · Slipway</title>
      <style>{style}</style>
    </head>
    <body>{props.children}</body>
  </html>
);

const marks: Readonly<Record<string, string>> = {
  success: "✔",
  failed: "✘",
  running: "●",
  pending: "◌",
  canceling: "◌",
  canceled: "⊘",
  skipped: "»",
  manual: "▷",
  scheduled: "◷",
};

export const Badge: FC<{ status: string }> = ({ status }) => (
  <span class={`badge ${status}`}>
    {marks[status] ?? "○"} {status}
  </span>
);
