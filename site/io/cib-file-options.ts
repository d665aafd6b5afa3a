import type { Problem } from '../../core/base/problem.ts';
import type { XmlElement } from '../../core/xml/element.ts';

/** What the embedded site's `cib.xml` needs of its owner. */
export interface CibFileOptions {
  /** Made (0700) when missing. */
  readonly folder: string;
  /** The node of a CIB that must be made new. */
  readonly node: { readonly id: string; readonly name: string };
  readonly nowEpochMs: () => number;
  /** Called with everything an operator should know. */
  readonly onFinding: (found: Problem) => void;
  /**
   * Called with a valid document of somebody else whose configuration differs from ours. The owner
   * takes it over (`adoptConfiguration` of its own document) and writes the result.
   */
  readonly onForeignConfiguration: (foreign: XmlElement) => void;
}
