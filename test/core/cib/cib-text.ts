import type { Problem } from '../../../core/base/problem.ts';
import type { Cib } from '../../../core/cib/model.ts';
import { readCib } from '../../../core/cib/read.ts';
import type { XmlElement } from '../../../core/xml/element.ts';
import { readXml } from '../../../core/xml/read.ts';
import { withoutFormatting } from '../../../core/xml/write.ts';

/** Parts of a CIB as text; what is absent is empty. */
export interface CibParts {
  readonly options?: string;
  readonly nodes?: string;
  readonly resources?: string;
  readonly constraints?: string;
  /** Further sections of the configuration. */
  readonly more?: string;
  readonly status?: string;
}

/** The document made of the parts, without formatting. */
export const cibDocument = (parts: CibParts): XmlElement =>
  xml(`<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" admin_epoch="0" epoch="4" num_updates="7"><configuration>
    <crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="o-fencing" name="stonith-enabled" value="false"/>${parts.options ?? ''}</cluster_property_set></crm_config>
    <nodes>${parts.nodes ?? '<node id="1" uname="alpha"/>'}</nodes><resources>${parts.resources ?? ''}</resources>
    <constraints>${parts.constraints ?? ''}</constraints>${parts.more ?? ''}</configuration><status>${parts.status ?? ''}</status></cib>`);

/** One element from its text. */
export function xml(text: string): XmlElement {
  const read = readXml(text);
  if (!read.ok) throw new Error(read.error.message);
  return withoutFormatting(read.value);
}

/** The model and the problems of a document made of the parts. */
export const read = (parts: CibParts): { cib: Cib; problems: readonly Problem[] } =>
  readCib(cibDocument(parts));

/** `error code: message`, one a problem. */
export const lines = (problems: readonly Problem[]): readonly string[] =>
  problems.map(({ severity, code, message }) => `${severity} ${code}: ${message}`);

/** A web server with the usual operations. */
export const webServer = `<primitive id="web" class="ocf" provider="heartbeat" type="apache">
  <instance_attributes id="web-i"><nvpair id="web-i-port" name="port" value="8080"/></instance_attributes>
  <operations>
    <op id="web-monitor" name="monitor" interval="10s" timeout="5" on-fail="restart"/>
    <op id="web-start" name="start" interval="0s" timeout="1min"/>
  </operations>
</primitive>`;
