/** A pull in a process of its own, to be killed: HOME-DIRECTORY REFERENCE. */
import { readFileSync } from "node:fs";
import { pullImages } from "../src/image/pull.ts";
import { testImageContext } from "./image-context.ts";

const [directory = "", reference = ""] = process.argv.slice(2);
using ctx = testImageContext(directory, readFileSync(`${directory}/registries.conf`, "utf8"));
await pullImages(ctx, { reference, policy: "always" }, { progress: () => {} });
