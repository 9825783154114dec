import { type Aim, type Attack, hook, racing } from "./support/attack.ts";

/** Each ends, where it succeeds, in a file in the aim's directory or in a request to its port. */
const IMAGE = "busybox";

const flags = (variables: Readonly<Record<string, string>>) => ({ variables });
const proof = ({ directory }: Aim) => `id>${directory}/owned`;

/** A configuration of git's, put in the place of the repository's again and again. */
function configured(lines: (aim: Aim) => readonly string[]): Attack["job"] {
  return (aim) => {
    const start = ["[core]", "\trepositoryformatversion = 0", "\tbare = false"];
    const text = [...start, ...lines(aim), ""].join("\n");
    const put = `[ -d .git ] && printf %s "$C" > .git/c2 && mv .git/c2 .git/config`;
    const rival = racing(IMAGE, `cd /builds/${aim.project} 2>/dev/null`, put);
    return { ...rival, variables: { ...rival.variables, C: { value: text, expand: false } } };
  };
}

const flagUses: readonly Attack[] = [
  {
    name: "a program for the other side",
    job: (aim) => flags({ GIT_FETCH_EXTRA_FLAGS: `--upload-pack=${proof(aim)}; .` }),
  },
  {
    name: "the same, abbreviated",
    job: (aim) => flags({ GIT_FETCH_EXTRA_FLAGS: `--quiet --upload-pa=${proof(aim)}; .` }),
  },
  {
    name: "the same, in two words",
    job: (aim) => flags({ GIT_FETCH_EXTRA_FLAGS: `--upload-pack ${proof(aim)}; .` }),
  },
  {
    name: "the same for a clone",
    job: (aim) =>
      flags({
        GIT_STRATEGY: "clone",
        GIT_CLONE_EXTRA_FLAGS: `--upload-pack=${proof(aim)}; .`,
        GIT_FETCH_EXTRA_FLAGS: `--upload-pack=${proof(aim)}; .`,
      }),
  },
];
export const flagAttacks: readonly Attack[] = flagUses.map((attack) => ({
  ...attack,
  ends: "failed",
  says: /GIT_\w+ has .*not allowed/,
}));

export const configurationAttacks: readonly Attack[] = [
  {
    name: "a monitor of files",
    job: configured((aim) => [`\tfsmonitor = "${proof(aim)}; false"`]),
  },
  {
    name: "a filter of contents",
    files: () => ({ ".gitattributes": "* filter=x\n" }),
    job: configured((aim) => [
      '[filter "x"]',
      `\tsmudge = "${proof(aim)}; cat"`,
      `\tprocess = "${proof(aim)}; false"`,
    ]),
  },
  {
    name: "a command for SSH",
    job: configured((aim) => [
      `\tsshCommand = "${proof(aim)}; false"`,
      '[remote "origin"]',
      "\turl = ssh://127.0.0.1/x",
    ]),
  },
  {
    name: "a helper for credentials at an address of loopback",
    job: configured((aim) => [
      '[remote "origin"]',
      `\turl = http://127.0.0.1:${aim.port}/x.git`,
      "[credential]",
      `\thelper = "!${proof(aim)}; false"`,
    ]),
  },
  {
    name: "a program for the other side, by configuration",
    job: configured((aim) => [
      '[remote "origin"]',
      "\turl = .",
      `\tuploadpack = "${proof(aim)}; false"`,
    ]),
  },
  {
    name: "objects of another repository",
    job: (aim) =>
      racing(
        IMAGE,
        `cd /builds/${aim.project} 2>/dev/null`,
        `[ -d .git/objects/info ] && echo ${aim.directory}/sub > .git/objects/info/alternates`,
      ),
  },
  {
    name: "a submodule that names programs",
    job: () => ({ variables: { GIT_SUBMODULE_STRATEGY: "recursive" } }),
    submodules: ["a", "b", "c", "d"],
    // What begins with a dash, and `update = !…`, the git host does not even take.
    files: ({ directory, port }) => ({
      ".gitmodules": [
        ["a", `"ext::sh -c id% >${directory}/owned"`],
        ["b", `${directory}/sub`],
        ["c", `file://${directory}`],
        ["d", `http://127.0.0.1:${port}/x.git`],
      ]
        .map(([name, url]) => `[submodule "${name}"]\n\tpath = ${name}\n\turl = ${url}\n`)
        .join(""),
    }),
  },
];

export const linkAttacks: readonly Attack[] = [
  {
    name: "the project is a link",
    job: ({ directory, project }) =>
      hook("cd /", `rm -rf /builds/${project}`, `ln -s ${directory} /builds/${project}`),
  },
  {
    name: "the group is a link",
    job: ({ directory, project }) => {
      const group = `/builds/${project.split("/")[0]}`;
      return hook("cd /", `rm -rf ${group}`, `ln -s ${directory} ${group}`);
    },
  },
  {
    name: "the repository is a link",
    job: ({ directory, project }) =>
      hook(`rm -rf /builds/${project}/.git`, `ln -s ${directory} /builds/${project}/.git`),
  },
  {
    name: "a directory in the repository is a link",
    job: ({ directory, project }) => {
      const git = `/builds/${project}/.git`;
      return racing(IMAGE, `[ -d ${git} ] && rm -rf ${git}/refs && ln -s ${directory} ${git}/refs`);
    },
  },
  {
    name: "a service swaps the project for a link",
    job: ({ directory, project }) => {
      const path = `/builds/${project}`;
      return racing(IMAGE, `mv ${path} ${path}.2`, `ln -sfn ${directory} ${path}`, `rm -f ${path}`);
    },
  },
  {
    name: "the files of variables go through a link",
    job: ({ directory, project }) => ({
      ...hook(`rm -rf /builds/${project}.tmp`, `ln -s ${directory} /builds/${project}.tmp`),
    }),
  },
  {
    name: "a pipe where the repository belongs",
    job: ({ project }) => hook("cd /", `rm -rf /builds/${project}`, `mkfifo /builds/${project}`),
    ends: "success",
  },
];

export const archiveAttacks: readonly Attack[] = [
  {
    name: "artifacts through a link",
    job: ({ directory }) => ({
      script: [`ln -s ${directory} out`, "mkdir own", `ln -s ${directory}/canary own/file`],
      artifacts: { paths: ["out/canary", "out/sub/", "own/"] },
    }),
    ends: "success",
  },
  {
    name: "artifacts of another place",
    job: ({ directory }) => ({
      script: ["true"],
      artifacts: {
        name: "../../../x",
        paths: [`${directory}/canary`, `../../../..${directory}/**`, "../**/canary"],
      },
    }),
    ends: "success",
  },
  {
    name: "artifacts of the project that became a link",
    job: ({ directory, project }) => ({
      script: ["cd /", `rm -rf /builds/${project}`, `ln -s ${directory} /builds/${project}`],
      artifacts: { paths: ["canary", "sub"], untracked: true },
    }),
  },
  {
    name: "a cache through a link",
    job: ({ directory }) => ({
      script: [`ln -s ${directory} kept`],
      cache: { key: "through-a-link", paths: ["kept/", "kept/canary"] },
    }),
    ends: "success",
  },
  {
    name: "variables of a report through a link",
    job: ({ directory }) => ({
      script: [`ln -s ${directory}/canary dot.env`],
      artifacts: { reports: { dotenv: "dot.env" } },
    }),
  },
  {
    name: "pipes, devices and programs of root in artifacts",
    job: () => ({
      script: [
        "mkdir out",
        "mkfifo out/pipe",
        "mknod out/device c 1 5 || true",
        "cp /bin/busybox out/root",
        "chmod 6755 out/root",
      ],
      artifacts: { paths: ["out"] },
    }),
    ends: "success",
  },
];
