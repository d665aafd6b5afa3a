/**
 * The few file operations durable memory needs. Calls reject with the system's error (`code`:
 * ENOSPC and so on). Tests give files that lose power, fill up, tear and fail.
 */
export interface Files {
  /** null when there is no such file; rejects with EFBIG above `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array | null>;
  exists(path: string): Promise<boolean>;
  /** With its parents, reachable by its owner only; no error when it is there. */
  makeDirectory(path: string): Promise<void>;
  /** A new empty file, in place of one of that name; readable by its owner only. */
  create(path: string): Promise<WritableFile>;
  rename(from: string, to: string): Promise<void>;
  /** No error when it is not there. */
  remove(path: string): Promise<void>;
  /** Makes renames and new names in the folder durable. */
  syncDirectory(path: string): Promise<void>;
}

export interface WritableFile {
  /** Writes all bytes at the end, or rejects with any part of them written. */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when everything appended is on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
