/** `pull`: fetches images and prints their ids. */
import type { PullRequest } from "@podwright/spec/engine-api/images";
import { defineCommand } from "../frame/command.ts";
import {
  parsePlatform,
  parsePullPolicy,
  parseRegistry,
  platformFlags,
  registryFlags,
} from "../parse/registry.ts";
import { describeFailure, exitCodeOf } from "../print/failures.ts";
import { pullReporter } from "../print/pull-progress.ts";

export const command = defineCommand({
  path: ["pull"],
  also: [["image", "pull"]],
  summary: "Pull an image from a registry",
  description:
    "Pulls an image from a registry and stores it locally.\n\nAn image can be pulled by tag or digest. If a tag is not specified, the image with the 'latest' tag is pulled.",
  usage: "[options] IMAGE [IMAGE...]",
  args: { min: 1 },
  argCompletion: "image",
  flags: {
    "all-tags": { type: "bool", short: "a", help: "All tagged images in the repository will be pulled" },
    policy: {
      type: "string",
      default: "always",
      help: 'Pull policy: "always"|"missing"|"never"|"newer"',
      complete: ["always", "missing", "never", "newer"],
    },
    quiet: { type: "bool", short: "q", help: "Suppress output information when pulling images" },
    "disable-content-trust": {
      type: "bool",
      hidden: true,
      help: "This is a Docker specific option and has no effect",
    },
    ...platformFlags,
    ...registryFlags,
  },
  examples: [
    "pull nginx",
    "pull docker.io/library/redis:7",
    "pull --platform linux/arm64 quay.io/podman/hello",
  ],
  async run({ flags, args, engine, io }) {
    const images = await engine.images();
    const platform = parsePlatform(flags);
    const options: Omit<PullRequest, "reference"> = {
      ...parseRegistry(flags),
      policy: parsePullPolicy(flags.policy),
      allTags: flags["all-tags"],
      ...(platform === undefined ? {} : { platform }),
    };
    const progress = pullReporter(io, flags.quiet);
    const signal = io.interruptible();
    let status = 0;
    for (const reference of args) {
      try {
        const ids = await images.pull({ ...options, reference }, progress, signal);
        for (const id of ids) io.out(`${id}\n`);
      } catch (error) {
        if (signal.aborted || args.length === 1) throw error;
        io.err(describeFailure(error));
        status = exitCodeOf(error);
      }
    }
    return status;
  },
});
