import { expect, test } from "bun:test";
import { refuseKnownRoot, refuseRoot } from "./non-root.ts";

const check = (image: string, asked?: string) => () =>
  refuseKnownRoot({ name: "web", image, ...(asked === undefined ? {} : { asked }) });

test("a user that is known to be root is refused when the container is made", () => {
  const image = "container has runAsNonRoot and image will run as root (container: web)";
  for (const user of ["", "0", "0:5", "00"]) expect(check(user)).toThrow(image);
  const asked = "container's runAsUser breaks non-root policy (container: web)";
  for (const user of ["0", "0:0"]) expect(check("app", user)).toThrow(asked);
});

test("a name is looked up at the start", () => {
  for (const user of ["root", "app:0", "1000", "01"]) expect(check(user)).not.toThrow();
  expect(check("0", "1000")).not.toThrow();
  expect(() => refuseRoot("web", 0)).toThrow("image will run as root");
  expect(() => refuseRoot("web", 1)).not.toThrow();
});
