/** Rows of `images`: one for each name of an image, as Podman shows them. */
import { parseReference, repositoryOf } from "@podwright/spec/distribution/reference";
import type { ImageSummary } from "@podwright/spec/engine-api/images";
import { rfc3339Nano } from "../../base/go-time.ts";
import { GoTime } from "../print/go-time.ts";
import { humanAgo, humanSize } from "../print/human.ts";
import type { RowSpec } from "../print/rows.ts";

export interface ImageRow {
  readonly image: ImageSummary;
  /** "<none>" where the image has no name. */
  readonly repository: string;
  readonly tag: string;
}

const NONE = "<none>";

export function imageRows(images: readonly ImageSummary[]): ImageRow[] {
  return images.flatMap((image) => {
    const rows = image.names.map((name) => {
      const reference = parseReference(name);
      return { image, repository: repositoryOf(reference), tag: reference.tag ?? NONE };
    });
    const tagged = rows.filter(({ tag }) => tag !== NONE);
    if (tagged.length > 0) return tagged;
    return rows.slice(0, 1).concat(rows.length > 0 ? [] : [{ image, repository: NONE, tag: NONE }]);
  });
}

export function imageRowSpec(noTrunc: boolean, now: number): RowSpec<ImageRow> {
  const ago = ({ image }: ImageRow): string => humanAgo(seconds(image.created) * 1000, now);
  const at = ({ image }: ImageRow): string =>
    GoTime.fromDate(new Date(seconds(image.created) * 1000)).toString();
  return {
    fields: {
      Repository: ({ repository }) => repository,
      Tag: ({ tag }) => tag,
      ID: ({ image }) => shownId(image, noTrunc),
      Id: ({ image }) => image.id,
      Digest: ({ image }) => image.digest,
      Created: ago,
      CreatedSince: ago,
      CreatedAt: at,
      CreatedTime: at,
      Size: ({ image }) => humanSize(image.size),
      VirtualSize: ({ image }) => image.size,
      SharedSize: () => 0,
      History: ({ image }) => image.history.join(", "),
      Names: ({ image }) => image.names,
      RepoTags: ({ image }) => image.names,
      RepoDigests: ({ image }) => image.repoDigests,
      Labels: ({ image }) => image.labels,
      Containers: ({ image }) => image.containers,
      Dangling: ({ image }) => image.dangling,
      IsDangling: ({ image }) => image.dangling,
      ReadOnly: ({ image }) => image.readOnly,
      IsReadOnly: ({ image }) => image.readOnly,
      ParentId: ({ image }) => image.parentId,
      Arch: ({ image }) => image.arch,
      Os: ({ image }) => image.os,
    },
    headers: { ID: "image id", ReadOnly: "r/o" },
    json: ({ image }) => imageJson(image),
    rowJson: ({ image, repository, tag }) => ({ repository, tag, ...imageJson(image) }),
    jsonIndent: 4,
  };
}

export function shownId(image: ImageSummary, noTrunc: boolean): string {
  return noTrunc ? `sha256:${image.id}` : image.id.slice(0, 12);
}

export const IMAGE_SORTS: Readonly<Record<string, (a: ImageRow, b: ImageRow) => number>> = {
  created: (a, b) => seconds(b.image.created) - seconds(a.image.created),
  id: (a, b) => compare(a.image.id, b.image.id),
  repository: (a, b) => compare(a.repository, b.repository) || compare(a.tag, b.tag),
  size: (a, b) => a.image.size - b.image.size,
  tag: (a, b) => compare(a.tag, b.tag),
};

function imageJson(image: ImageSummary): object {
  return {
    Id: image.id,
    ParentId: image.parentId,
    // Each name has an entry of its own; Podman empties the list.
    RepoTags: null,
    RepoDigests: [...image.repoDigests],
    Size: image.size,
    SharedSize: 0,
    VirtualSize: image.size,
    Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
    Containers: image.containers,
    ...(image.readOnly ? { ReadOnly: true } : {}),
    ...(image.dangling ? { Dangling: true } : {}),
    Digest: image.digest,
    ...(image.history.length === 0 ? {} : { History: [...image.history] }),
    ...(image.names.length === 0 ? {} : { Names: [...image.names] }),
    Created: seconds(image.created),
    CreatedAt: rfc3339Nano(seconds(image.created) * 1000),
  };
}

/** Podman keeps whole seconds here. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
