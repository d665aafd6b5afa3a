export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A structured log line; `io` adds time and member. */
export interface LogEvent {
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  /** Stable name, lower-case words joined by `-`. */
  readonly event: string;
  readonly message: string;
  readonly fields: { readonly [key: string]: JsonValue };
}
