import { expect, test } from "bun:test";
import { finished, startReference } from "./start-text.ts";

test("finished() leaves our references, and keeps text that looks like one as text", () => {
  const names = ["POD_IP"];
  expect(finished(`http://${startReference("POD_IP")}:80`, names)).toBe("http://$(POD_IP):80");
  expect(finished("echo $(POD_IP) $(OTHER) $HOME $$", names)).toBe("echo $$(POD_IP) $(OTHER) $HOME $$");
});
