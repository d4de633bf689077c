/** The Journal port over journalctl. */
import type { Journal, JournalQuery, JournalRecords } from "../../ports/journal.ts";
import { runCommand } from "../process/run.ts";
import { streamCommand } from "../process/stream.ts";
import { ExportReader } from "./export-format.ts";

/** Milliseconds for the journal to take what was sent to it, where we may not ask it to say when. */
const SETTLE_TIME = 200;

export class JournalctlJournal implements Journal {
  read(query: JournalQuery): AsyncIterable<JournalRecords> {
    return records(streamCommand(argvOf(query)));
  }

  follow(query: JournalQuery, signal: AbortSignal): AsyncIterable<JournalRecords> {
    // Without a number it would begin with the last ten.
    const argv = [...argvOf(query), "--follow", ...(query.last === undefined ? ["--no-tail"] : [])];
    return records(streamCommand(argv, signal));
  }

  async settle(): Promise<void> {
    const { exitCode } = await runCommand({ argv: ["journalctl", "--sync"], timeoutMs: 5000 });
    if (exitCode !== 0) await Bun.sleep(SETTLE_TIME);
  }
}

async function* records(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<JournalRecords> {
  const reader = new ExportReader();
  for await (const chunk of chunks) {
    const found = reader.feed(chunk);
    if (found !== undefined) yield found;
  }
}

function argvOf({ containerId, since, after, last }: JournalQuery): string[] {
  return [
    "journalctl",
    "--quiet",
    "--output=export",
    "--output-fields=MESSAGE,PRIORITY,CONTAINER_PARTIAL_MESSAGE",
    ...(since === undefined ? [] : [`--since=@${(since / 1000).toFixed(6)}`]),
    ...(after === undefined ? [] : [`--after-cursor=${after}`]),
    ...(last === undefined ? [] : [`--lines=${last}`]),
    `CONTAINER_ID_FULL=${containerId}`,
  ];
}
