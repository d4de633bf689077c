import { describe, expect, test } from "bun:test";
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { parsePortMapping } from "@podwright/spec/values/port-mapping";
import fc from "fast-check";
import { newPorts, portText, withoutPorts } from "./port-list.ts";

const ports = (...texts: readonly string[]): PortMapping[] => texts.map(parsePortMapping);
const texts = (list: readonly PortMapping[]): string[] => list.map(portText);

function without(present: readonly string[], ...wishes: readonly string[]): string[] {
  return texts(withoutPorts(ports(...present), ports(...wishes)).left);
}

describe("withoutPorts()", () => {
  test.each<[readonly string[], readonly string[], readonly string[]]>([
    [["8080:80", "9090:90"], ["8080:80"], ["9090:90/tcp"]],
    [["8080:80"], ["8080"], []],
    [["8080:80"], ["80"], []],
    [["80:8080", "8080:8080"], ["80"], ["8080:8080/tcp"]],
    [["8000-8004:80-84"], ["8002:82"], ["8000-8001:80-81/tcp", "8003-8004:83-84/tcp"]],
    [["8000-8004:80-84"], ["8001-8003"], ["8000:80/tcp", "8004:84/tcp"]],
    [["53:53/udp", "53:53"], ["53/udp"], ["53:53/tcp"]],
    [["127.0.0.1:80:80", "10.0.0.1:80:80"], ["127.0.0.1:80:80"], ["10.0.0.1:80:80/tcp"]],
    [["127.0.0.1:80:80", "10.0.0.1:80:80"], ["80:80"], []],
    [["[::1]:80:80"], ["[::1]:80:80"], []],
  ])("%j without %j is %j", (present, wishes, left) => {
    expect(without(present, ...wishes)).toEqual([...left]);
  });

  test("what is not there, and what may mean two", () => {
    expect(() => without(["8080:80"], "8080:81")).toThrow("port 8080:81/tcp is not published");
    expect(() => without(["8080:80"], "8081")).toThrow("port 8081/tcp is not published");
    expect(() => without(["8080:80"], "127.0.0.1:8080:80")).toThrow("is not published");
    expect(() => without(["8080:80", "9090:8080"], "8080")).toThrow(
      "port 8080/tcp may mean any of 8080:80/tcp, 9090:8080/tcp",
    );
    expect(() => without(["8080:80", "8081:80"], "80")).toThrow("may mean any of");
  });
});

test("newPorts() leaves out what is published just so", () => {
  expect(texts(newPorts(ports("80:80"), ports("80:80", "81:80", "81:80", "90")))).toEqual([
    "81:80/tcp",
    "0:90/tcp",
  ]);
  // Taking such a change back must not take what was there before it.
  expect(texts(newPorts(ports("8001-8003:81-83"), ports("8000-8004:80-84", "8004:84", "8002:92")))).toEqual([
    "8000:80/tcp",
    "8004:84/tcp",
    "8002:92/tcp",
  ]);
});

/** Each port of the list by itself: host port → container port. */
function expanded(list: readonly PortMapping[]): Map<number, number> {
  return new Map(
    list.flatMap(({ hostPort, containerPort, length }) =>
      Array.from({ length }, (_, i): [number, number] => [hostPort + i, containerPort + i]),
    ),
  );
}

test("taking ranges away, one by one, is taking numbers out of a set", () => {
  const range = fc.record({
    start: fc.integer({ min: 1, max: 60 }),
    length: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 8 }), (ranges) => {
      let left = ports("1000-1099:1-100");
      const model = expanded(left);
      for (const { start, length } of ranges) {
        const wish: PortMapping = {
          hostIp: "",
          hostPort: 999 + start,
          containerPort: start,
          length,
          protocol: "tcp",
        };
        const covered = Array.from({ length }, (_, i) => 999 + start + i);
        if (!covered.every((port) => model.has(port))) {
          expect(() => withoutPorts(left, [wish])).toThrow("is not published");
          continue;
        }
        const result = withoutPorts(left, [wish]);
        expect(expanded(result.removed)).toEqual(expanded([wish]));
        left = result.left;
        for (const port of covered) model.delete(port);
        expect(expanded(left)).toEqual(model);
      }
    }),
  );
});
