import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { testImageContext } from "../../testing/image-context.ts";
import { inOwnNamespaces, succeeds, temporaryDirectory } from "../../testing/kernel.ts";
import { OciLayout } from "../../testing/oci-builder.ts";
import { dir, file } from "../../testing/tar-builder.ts";
import { mountedImages, mountImages, unmountImages } from "./mount.ts";
import { pullImages } from "./pull.ts";
import { removeImages } from "./remove.ts";

inOwnNamespaces(import.meta.path, () => {
  const base = { files: [dir("./"), file("base", "b")] };

  test("an image of any number of layers is mounted once, read only, and lost with the image", async () => {
    using home = temporaryDirectory();
    using ctx = testImageContext(home.path);
    mkdirSync(ctx.runRoot, { recursive: true });
    const layout = new OciLayout(`${home.path}/oci`);
    layout.add("one", { layers: [base] });
    layout.add("two", { layers: [base, { files: [file("two", "2")] }] });
    const names: string[] = [];
    for (const tag of ["one", "two"]) {
      const request = { reference: `oci:${layout.directory}:${tag}`, policy: "missing" } as const;
      const [image] = await pullImages(ctx, request, { progress: () => {}, signal: undefined });
      names.push(image?.id ?? "");
    }
    const gone = { names: [...names, "no-such-image"], all: false };
    await expect(mountImages(ctx, gone)).rejects.toThrow("no-such-image: image not known");
    expect(await mountedImages(ctx)).toEqual([]);

    const mounted = await mountImages(ctx, { names, all: false });
    expect(mounted.map(({ id }) => id)).toEqual(names);
    const [one = "", two = ""] = mounted.map(({ path }) => path);
    expect(readFileSync(`${one}/base`, "utf8")).toBe("b");
    expect(readdirSync(two).sort()).toEqual(["base", "two"]);
    expect(succeeds(`touch ${two}/new`)).toBe(false);
    expect(await mountImages(ctx, { names: [], all: true })).toHaveLength(2);
    expect(succeeds(`[ "$(grep -c ' ${two} ' /proc/self/mountinfo)" = 1 ]`)).toBe(true);

    expect(await unmountImages(ctx, { names: names.slice(0, 1), all: false })).toMatchObject([
      { id: names[0] },
    ]);
    expect(await unmountImages(ctx, { names: names.slice(0, 1), all: false })).toEqual([]);
    expect((await mountedImages(ctx)).map(({ id }) => id)).toEqual(names.slice(1));

    const options = { force: false, ignore: false, noPrune: false, all: true };
    for (const { error } of await removeImages(ctx, [], options)) expect(error).toBeUndefined();
    expect(existsSync(two)).toBe(false);
    expect(readdirSync(`${ctx.runRoot}/images`)).toEqual([]);
  });
});
