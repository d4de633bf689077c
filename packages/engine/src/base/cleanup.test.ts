import { expect, test } from "bun:test";
import { CleanupStack } from "./cleanup.ts";

test("CleanupStack.move() leaves the steps to another", async () => {
  const undone: number[] = [];
  const operation = async (last: "keep" | "undo"): Promise<void> => {
    let later: CleanupStack;
    {
      await using first = new CleanupStack();
      first.defer(() => void undone.push(1));
      later = first.move();
    }
    expect(undone).toEqual([]);
    await using second = later;
    second.defer(() => void undone.push(2));
    if (last === "keep") second.keep();
  };
  await operation("keep");
  expect(undone).toEqual([]);
  await operation("undo");
  expect(undone).toEqual([2, 1]);
});
