// The configuration of a site's embedded cluster: a group of ledger agents under the ticket.

export interface SiteCibPlan {
  readonly node: string;
  readonly ticket: string;
  /** In the order in which they start. */
  readonly resources: readonly string[];
  /** Where the agents keep their state files. */
  readonly folder: string;
  readonly ledger: string;
  readonly stopMs: number;
}

/** Text of cib.xml before the daemon has ever run. */
export const printCib = (plan: SiteCibPlan): string =>
  `<cib admin_epoch="0" epoch="5" num_updates="0" validate-with="pacemaker-3.9"><configuration><crm_config/>
  <nodes><node id="1" uname="${plan.node}"/></nodes>
  <resources><group id="web">${plan.resources.map((id) => primitive(id, plan)).join('\n')}</group></resources>
  <constraints><rsc_ticket id="web-needs-ticket" ticket="${plan.ticket}" rsc="web" loss-policy="stop"/></constraints>
  </configuration><status/></cib>`;

const primitive = (id: string, plan: SiteCibPlan): string => {
  const parameters = {
    state: `${plan.folder}/${id}.state`,
    ledger: plan.ledger,
    stop_seconds: String(plan.stopMs / 1000),
  };
  const pairs = Object.entries(parameters).map(
    ([name, value]) => `<nvpair id="${id}-${name}" name="${name}" value="${value}"/>`,
  );
  return `<primitive id="${id}" class="ocf" provider="test" type="ledger">
    <instance_attributes id="${id}-p">${pairs.join('')}</instance_attributes>
    <operations><op id="${id}-m" name="monitor" interval="2s" timeout="20s"/>
      <op id="${id}-s" name="start" interval="0" timeout="20s"/>
      <op id="${id}-t" name="stop" interval="0" timeout="20s"/></operations></primitive>`;
};
