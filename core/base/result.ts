/** The outcome of something that may fail for a reason the caller can act on. */
export type Result<T, E> = Ok<T> | Err<E>;

/** It went well. */
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

/** It failed, for this reason. */
export interface Err<E> {
  readonly ok: false;
  readonly error: E;
}

/** The outcome that carries what was asked for. */
export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });

/** The outcome that carries why not. */
export const err = <E>(error: E): Err<E> => ({ ok: false, error });
