/** The hidden verbs alone, as tests start them where there is no compiled binary. */
import { runInternal } from "../src/internal.ts";

process.exit(await runInternal(process.argv.slice(3)));
