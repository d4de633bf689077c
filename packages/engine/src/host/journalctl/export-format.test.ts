import { expect, test } from "bun:test";
import fc from "fast-check";
import { ExportReader } from "./export-format.ts";

/** As systemd's documentation of the format has it: a field with a newline or a control character has its length. */
function field(name: string, value: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  const plain = value.every((byte) => byte >= 0x20 && byte < 0x7f);
  return plain
    ? Buffer.concat([Buffer.from(`${name}=`), value, Buffer.from("\n")])
    : Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from("\n")]);
}

test("gives every message whole, wherever the bytes are cut", () => {
  const text = fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10)));
  const entry = fc.record({ text, partial: fc.boolean(), err: fc.boolean() });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 8 }), fc.array(fc.nat(60)), (entries, cuts) => {
      const bytes = Buffer.concat(
        entries.flatMap((e, n) => [
          Buffer.from(`__CURSOR=c${n}\n__REALTIME_TIMESTAMP=1795380987789434\n`),
          ...(e.partial ? [Buffer.from("CONTAINER_PARTIAL_MESSAGE=true\n")] : []),
          field("MESSAGE", e.partial ? e.text : Buffer.concat([e.text, Buffer.from("\n")])),
          Buffer.from(`PRIORITY=${e.err ? 3 : 6}\n\n`),
        ]),
      );
      const reader = new ExportReader();
      const out: Buffer[] = [];
      let cursor = "";
      for (let at = 0, n = 0; at < bytes.length; n += 1) {
        const end = n < cuts.length ? at + (cuts[n] ?? 0) : bytes.length;
        const records = reader.feed(bytes.subarray(at, end));
        if (records !== undefined) out.push(records.bytes);
        cursor = records?.cursor ?? cursor;
        at = end;
      }
      const expected = entries.map((e) =>
        Buffer.concat([Buffer.from(` ${e.err ? "stderr" : "stdout"} ${e.partial ? "P" : "F"} `), e.text]),
      );
      const lines = Buffer.concat(out).toString("latin1").split("\n").slice(0, -1);
      expect(lines.map((line) => line.slice(35))).toEqual(expected.map((line) => line.toString("latin1")));
      expect(Date.parse(lines[0]?.slice(0, 35) ?? "")).toBe(1_795_380_987_789);
      expect(cursor).toBe(`c${entries.length - 1}`);
    }),
  );
});
