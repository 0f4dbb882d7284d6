import { Command } from "commander";
import { type Cli, examples } from "./command.ts";
import { CliError } from "./error.ts";
import { summarize } from "./render/remarks.ts";
import { tell } from "./workspace.ts";

/** `tenon convert FILE` */
export function convertCommand(cli: Cli): Command {
  return new Command("convert")
    .summary("turn a compose file into manifests")
    .description(
      "Print the manifests that a compose file stands for: a Component for each of its components, and a Composition. In a cluster their file sources have to be replaced, by oci for one.",
    )
    .argument("<path...>", "compose files, or folders with one")
    .addHelpText("after", examples(["tenon convert compose.yaml > shop.yaml", "the manifests that it stands for"]))
    .action(async (paths: string[]) => {
      const { findFiles } = await import("../operator/local/find-files.ts");
      const { stringify } = await import("yaml");
      const { manifests, remarks } = await findFiles(paths, cli.terminal.cwd);
      cli.exitCode = tell(remarks, cli);
      if (cli.exitCode !== 0)
        throw new CliError(cli.exitCode === 3 ? "unreadable" : "findings", `Cannot convert: ${summarize(remarks)}`);
      const all = manifests.flatMap(({ manifests: { components, compositions } }) => [...components, ...compositions]);
      cli.terminal.out(all.map(({ manifest }) => stringify(manifest, { lineWidth: 0, version: "1.1" })).join("---\n"));
    });
}
