/** `attach`: joins the caller's terminal to a running container. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { defineCommand } from "../frame/command.ts";
import { detachKeysFlag, inForeground } from "./foreground.ts";
import { latestFlag, oneContainer } from "./selection.ts";

export const command = defineCommand({
  path: ["attach"],
  also: [["container", "attach"]],
  summary: "Attach to a running container",
  description: "Attaches to a running container using the container's ID or name, or the latest container.",
  usage: "[options] CONTAINER",
  args: { min: 0 },
  argCompletion: "running-container",
  flags: {
    "detach-keys": detachKeysFlag,
    latest: latestFlag,
    "no-stdin": { type: "bool", help: "Do not attach STDIN" },
    "sig-proxy": { type: "bool", default: true, help: "Proxy received signals to the process" },
  },
  examples: ["attach ctrID", "attach 1234", "attach --no-stdin foobar"],
  async run({ flags, args, engine, io, program }) {
    checkOneOrLatest(args, flags.latest, `${program} attach`);
    const container = await oneContainer(engine, { args, latest: flags.latest });
    const containers = await engine.containers();
    const { Config } = await containers.inspect(container, { size: false });
    const foreground = {
      container,
      tty: Config.Tty,
      stdin: !flags["no-stdin"] && Config.OpenStdin,
      stdout: true,
      stderr: true,
      sigProxy: flags["sig-proxy"],
      detachKeys: flags["detach-keys"],
    };
    await inForeground({ engine, io }, foreground, (streams, signal) =>
      containers.attach(container, streams, signal),
    );
    // As Podman has it: the container's own status is for `wait`.
    return 0;
  },
});

function checkOneOrLatest(args: readonly string[], latest: boolean, commandPath: string): void {
  const refuse = (message: string): never => {
    throw new EngineError("CLI_USAGE", message, { hint: `See '${commandPath} --help'` });
  };
  if (args.length > 1) refuse(`\`${commandPath}\` accepts at most one argument`);
  if (args.length === 0 && !latest) refuse(`"${commandPath}" requires a name, id, or the "--latest" flag`);
  if (args.length > 0 && latest) refuse("--latest and containers cannot be used together");
}
