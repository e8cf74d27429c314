/** Where the pixels of pictures come from and go to. The board carries only their ids. */

export interface SharedPicture {
  readonly fileId: string;
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}

export interface PictureSource {
  /** Give this file to everybody; null if that did not work, and the person was told. */
  share(file: File): Promise<SharedPicture | null>;
  /** The pixels of a `fileId`; null where there are none (any more). */
  blob(fileId: string): Promise<Blob | null>;
  /** There may be pixels where there were none. */
  onMore(heard: () => void): () => void;
}
